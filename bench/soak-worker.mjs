/** One worker of the swarm's soak: runs every so many seeds until it is told to stop, and sends what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { runSwarmSeed } from '../dist/sim/swarm/run.js';

const { from, step, untilAt } = workerData;
for (let seed = from; Date.now() < untilAt; seed += step) {
  const { story: _story, ...result } = await runSwarmSeed(seed);
  parentPort.postMessage(result);
}
