/** Runs a range of the swarm's seeds in a test; a failure prints the line that replays it. */
import { expect } from 'vitest';
import { runSwarmSeed, type SwarmResult } from '../../src/sim/swarm/run.ts';

const isStoryWanted = process.env['SWARM_STORY'] === '1';

/** Fails with the line that replays the story when a promise was broken. */
export function expectKept({ seed, broken, story }: SwarmResult, replay = replayOf(seed)): void {
  if (isStoryWanted) process.stdout.write(`${story.join('\n')}\n`);
  const lines = broken.map(
    ({ promise, at, message }) => `  ${promise} at ${(at / 1000).toFixed(3)} s: ${message}`,
  );
  expect(broken, `seed ${seed} broke a promise:\n${lines.join('\n')}\nreplay: ${replay}\n`).toEqual([]);
}

function replayOf(seed: number): string {
  return `SWARM_STORY=1 SWARM_SEEDS=${seed}-${seed} npx vitest run test/simulation/swarm.test.ts`;
}

/** Runs the seeds from `first` to `last`. */
export async function expectSeedsKept(first: number, last: number): Promise<void> {
  const totals = { verdicts: 0, recoveries: 0, faults: 0 };
  for (let seed = first; seed <= last; seed++) {
    const result = await runSwarmSeed(seed, isStoryWanted);
    expectKept(result);
    totals.verdicts += result.verdictCount;
    totals.recoveries += result.recoveryCount;
    totals.faults += result.faultCount;
  }
  // A swarm in which nothing happens proves nothing.
  if (last - first < 30) return;
  expect(totals.verdicts).toBeGreaterThan(last - first);
  expect(totals.recoveries).toBeGreaterThan((last - first) / 2);
  expect(totals.faults).toBeGreaterThan(3 * (last - first));
}
