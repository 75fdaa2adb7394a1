/**
 * The swarm: whole clusters of real monitors under random faults, each drawn from one seed, with every promise of
 * docs/design.md checked. A failure prints the line that replays it.
 */
import { describe, expect, it } from 'vitest';
import { runSwarmSeed, type SwarmResult } from '../../src/sim/swarm.ts';
import { regressions } from './regressions.ts';

/** `SWARM_SEEDS=5000-5100` runs others; `SWARM_STORY=1` prints what happened. */
const range = /^(\d+)-(\d+)$/.exec(process.env['SWARM_SEEDS'] ?? '1-120');
const first = Number(range?.[1] ?? 1);
const last = Number(range?.[2] ?? 120);
const isStoryWanted = process.env['SWARM_STORY'] === '1';

function expectKept({ seed, broken, story }: SwarmResult): void {
  if (isStoryWanted) process.stdout.write(`${story.join('\n')}\n`);
  const lines = broken.map(
    ({ promise, at, message }) => `  ${promise} at ${(at / 1000).toFixed(3)} s: ${message}`,
  );
  const replay = `SWARM_STORY=1 SWARM_SEEDS=${seed}-${seed} npx vitest run test/simulation/swarm.test.ts`;
  expect(broken, `seed ${seed} broke a promise:\n${lines.join('\n')}\nreplay: ${replay}\n`).toEqual([]);
}

describe('every promise is kept', () => {
  it(`by the worlds of the seeds ${first} to ${last}`, { timeout: 600_000 }, async () => {
    const totals = { verdicts: 0, recoveries: 0, faults: 0 };
    for (let seed = first; seed <= last; seed++) {
      const result = await runSwarmSeed(seed, isStoryWanted);
      expectKept(result);
      totals.verdicts += result.verdictCount;
      totals.recoveries += result.recoveryCount;
      totals.faults += result.faultCount;
    }
    // A swarm in which nothing happens proves nothing.
    if (last - first >= 50) {
      expect(totals.verdicts).toBeGreaterThan(last - first);
      expect(totals.recoveries).toBeGreaterThan((last - first) / 2);
      expect(totals.faults).toBeGreaterThan(3 * (last - first));
    }
  });

  it.each(regressions)('by seed $seed, which once showed that $wrong', async ({ seed }) => {
    expectKept(await runSwarmSeed(seed));
  });

  it('is replayed exactly by its seed', async () => {
    const [once, again] = [await runSwarmSeed(7, true), await runSwarmSeed(7, true)];
    expect(once.story.length).toBeGreaterThan(50);
    expect(again).toEqual(once);
  });
});
