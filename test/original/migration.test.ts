/** What docs/registries.md says of moving a cluster from the original to Ringwatch, and back. */
import { describe, expect, it } from 'vitest';
import { type Kind, MixedCluster } from './mixed-cluster.ts';

const minuteMs = 60_000;
const seeds = [1, 2, 3, 4];

const originalActing: Kind = { runs: 'original', hasHandler: true };
const originalWatching: Kind = { runs: 'original', hasHandler: false };
const oursActing: Kind = { runs: 'ours', hasHandler: true };
const oursWatching: Kind = { runs: 'ours', hasHandler: false };

/** A running cluster that is all of that kind. */
async function clusterOf(nodeCount: number, seed: number, kind: Kind): Promise<MixedCluster> {
  const cluster = new MixedCluster(nodeCount, seed, kind);
  await cluster.world.runFor(2 * minuteMs);
  return cluster;
}

/** Which deaths the original's callback was run for. It loses some of them: see wrong 1 of docs/original.md. */
const targetsOf = ({ acted }: MixedCluster): string[] => acted.map(({ targetId }) => targetId);

describe('with a handler on both kinds', () => {
  it('the original acts on deaths that ours recover too', async () => {
    const acted: string[] = [];
    for (const seed of [...seeds, 5, 6, 7, 8]) {
      const cluster = await clusterOf(6, seed, originalActing);
      await cluster.change(['node-04', 'node-06'], oursActing);
      cluster.crash('node-05', true);
      await cluster.world.runFor(10 * minuteMs);
      expect(cluster.recovered).toEqual(['node-05']);
      acted.push(...targetsOf(cluster));
    }
    expect(acted).toContain('node-05');
  });
});

describe('on the way to ours, with the callbacks taken away first', () => {
  it.each(seeds)('every death is recovered once, and by ours alone, with seed %i', async (seed) => {
    const cluster = await clusterOf(9, seed, originalActing);
    const { world, ids } = cluster;
    await cluster.change(ids, originalWatching);
    // Longer ago than the default membership window when two of ours watch it at last.
    cluster.crash('node-06');
    await world.runFor(20 * minuteMs);
    expect(cluster.recovered).toEqual([]);
    await cluster.change(['node-01', 'node-02', 'node-04', 'node-05', 'node-07', 'node-08'], oursActing);
    await world.runFor(5 * minuteMs);
    expect(cluster.recovered).toEqual(['node-06']);
    // Now every third node is still the original's.
    for (const id of ['node-04', 'node-09']) {
      cluster.crash(id);
      await world.runFor(6 * minuteMs);
    }
    expect(cluster.recovered).toEqual(['node-06', 'node-04', 'node-09']);
    await cluster.change(['node-03'], oursActing);
    cluster.crash('node-03');
    await world.runFor(6 * minuteMs);
    expect(cluster.recovered).toEqual(['node-06', 'node-04', 'node-09', 'node-03']);
    expect(cluster.found).toEqual(['node-03', 'node-04', 'node-06', 'node-09']);
    expect(cluster.acted).toEqual([]);
  });
});

describe('on the way back, with our handlers taken away first', () => {
  it('what is found waits for a person, and then the original acts alone', async () => {
    const acted: string[] = [];
    for (const seed of seeds) {
      const cluster = await clusterOf(6, seed, oursActing);
      const { world, ids } = cluster;
      await cluster.change(ids, oursWatching);
      cluster.crash('node-02');
      await world.runFor(6 * minuteMs);
      expect(cluster.found).toEqual(['node-02']);
      await cluster.change(ids.slice(3), originalActing);
      // To the agents that remain it has left.
      cluster.crash('node-06');
      await world.runFor(6 * minuteMs);
      await cluster.change(ids.slice(0, 3), originalActing);
      cluster.crash('node-03', true);
      await world.runFor(6 * minuteMs);
      expect(cluster.found).toEqual(['node-02']);
      expect(cluster.recovered).toEqual([]);
      acted.push(...targetsOf(cluster));
    }
    expect(new Set(acted)).toEqual(new Set(['node-03']));
  });
});
