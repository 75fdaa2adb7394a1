/** A recovery as a user's command would be: it hands the fence to what it changes, twice, and fails when it is refused. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, owner, workMs] = process.argv.slice(2);
const { RINGWATCH_NODE: node, RINGWATCH_EPOCH: epoch, RINGWATCH_FENCE: fence } = process.env;

await order('begin');
await sleep(Number(workMs));
await order('end');

function order(step) {
  return new Promise((resolve) => {
    // A connection of its own: a kept one may have been closed while this process was stopped.
    const asked = request(
      { agent: false, host: '127.0.0.1', port: Number(port), method: 'POST' },
      (response) => {
        response.resume();
        if (response.statusCode !== 200) process.exit(3);
        response.on('end', resolve);
      },
    );
    asked.on('error', () => process.exit(4));
    const { pid } = process;
    asked.end(JSON.stringify({ step, node, epoch: Number(epoch), fence: Number(fence), owner, pid }));
  });
}
