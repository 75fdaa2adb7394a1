/**
 * An agent as the command line runs it, but its probes go elsewhere than to its targets: all of them to one port, or
 * each to the port that is named for its target. An observer that is misconfigured, or whose targets a test plays.
 */
import { HttpProber } from '../../dist/adapters/http/index.js';
import { openRegistry } from '../../dist/index.js';
import { Agent } from '../../dist/library/agent.js';

const [nodeId, url, ports, settings = '{}'] = process.argv.slice(2);
const wrongPorts = JSON.parse(ports);
const portOf = ({ id, port }) => (typeof wrongPorts === 'number' ? wrongPorts : (wrongPorts[id] ?? port));
const prober = new HttpProber();
const agent = new Agent({
  nodeId,
  registry: await openRegistry(url),
  address: '127.0.0.1',
  host: '127.0.0.1',
  port: 0,
  preset: 'local',
  ...JSON.parse(settings),
  prober: {
    probe: (target, options) => prober.probe({ ...target, port: portOf(target) }, options),
    close: () => prober.close(),
  },
});
for (const event of ['joined', 'suspect', 'dead', 'verdict', 'self-dead']) {
  agent.on(event, ({ targetId }) => process.stdout.write(`${JSON.stringify({ event, nodeId, targetId })}\n`));
}
process.stdin.resume().on('end', () => process.exit(0));
await agent.start();
