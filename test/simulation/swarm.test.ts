/**
 * The swarm: whole clusters of real monitors under random faults, each drawn from one seed, with every promise of
 * docs/design.md checked. A failure prints the line that replays it. More seeds: swarm-more.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { runSwarmSeed } from '../../src/sim/swarm/run.ts';
import { expectSeedsKept } from './swarm-seeds.ts';

/** `SWARM_SEEDS=5000-5100` runs others; `SWARM_STORY=1` prints what happened. */
const range = /^(\d+)-(\d+)$/.exec(process.env['SWARM_SEEDS'] ?? '1-40');
const first = Number(range?.[1] ?? 1);
const last = Number(range?.[2] ?? 40);

describe('every promise is kept', () => {
  it(`by the worlds of the seeds ${first} to ${last}`, { timeout: 600_000 }, () =>
    expectSeedsKept(first, last),
  );

  it('is replayed exactly by its seed', async () => {
    const [once, again] = [await runSwarmSeed(7, true), await runSwarmSeed(7, true)];
    expect(once.story.length).toBeGreaterThan(50);
    expect(again).toEqual(once);
  });
});
