/** An agent as the command line runs it, but its probes go to a port where nobody listens: an observer that is misconfigured. */
import { HttpProber } from '../../dist/adapters/http/index.js';
import { openRegistry } from '../../dist/index.js';
import { Agent } from '../../dist/library/agent.js';

const [nodeId, url, wrongPort] = process.argv.slice(2);
const prober = new HttpProber();
const agent = new Agent({
  nodeId,
  registry: await openRegistry(url),
  address: '127.0.0.1',
  host: '127.0.0.1',
  port: 0,
  preset: 'local',
  prober: {
    probe: (target, options) => prober.probe({ ...target, port: Number(wrongPort) }, options),
    close: () => prober.close(),
  },
});
for (const event of ['joined', 'suspect', 'dead', 'verdict', 'selfDead']) {
  agent.on(event, () => process.stdout.write(`${JSON.stringify({ event, node: null, observer: nodeId })}\n`));
}
process.stdin.resume().on('end', () => process.exit(0));
await agent.start();
