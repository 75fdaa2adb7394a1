/**
 * A few real deaths of each kind. `RINGWATCH_DEATHS=67 npx vitest run test/deaths --maxConcurrency 3` makes it that
 * many for each registry, nemesis and size of ring; what such runs gave is in docs/evaluation.md.
 */
import { describe, expect, it } from 'vitest';
import { postgresServers } from '../harness/postgres-servers.ts';
import { type DeathsOptions, type Nemesis, runDeaths } from './deaths.ts';

const registries = (['sqlite', 'rqlite', 'postgres'] as const).filter(
  (registry) => registry !== 'postgres' || postgresServers().length > 0,
);

const few: readonly DeathsOptions[] = [
  { registry: 'sqlite', size: 3, nemesis: 'none', deathCount: 2 },
  { registry: 'sqlite', size: 5, nemesis: 'owner-killed', deathCount: 1 },
  { registry: 'sqlite', size: 5, nemesis: 'owner-stopped', deathCount: 1 },
  { registry: 'rqlite', size: 5, nemesis: 'leader-killed', deathCount: 2 },
  { registry: 'rqlite', size: 5, nemesis: 'claim-answer-lost', deathCount: 2 },
  { registry: 'postgres', size: 5, nemesis: 'leader-killed', deathCount: 2 },
  { registry: 'postgres', size: 3, nemesis: 'claim-answer-lost', deathCount: 2 },
];

const onAll: readonly Nemesis[] = ['none', 'owner-killed', 'owner-stopped'];
const onServers: readonly Nemesis[] = [...onAll, 'leader-killed', 'claim-answer-lost'];

function many(deathCount: number): DeathsOptions[] {
  return registries.flatMap((registry) =>
    (registry === 'sqlite' ? onAll : onServers).flatMap((nemesis) =>
      [3, 5, 10].map((size) => ({ registry, nemesis, size, deathCount })),
    ),
  );
}

const asked = Number(process.env['RINGWATCH_DEATHS'] ?? 0);

describe('every death has exactly one completed recovery', () => {
  it.concurrent.each(asked > 0 ? many(asked) : few.filter(({ registry }) => registries.includes(registry)))(
    'in a ring of $size on $registry, $deathCount deaths, nemesis: $nemesis',
    async (options) => {
      const result = await runDeaths(options);
      if (asked > 0) process.stderr.write(`${JSON.stringify({ ...options, ...result })}\n`);
      const killedCount = options.deathCount * (options.nemesis === 'owner-killed' ? 2 : 1);
      expect(result.completions).toEqual({ 1: killedCount });
      for (const times of Object.keys(result.completionsOfStopped))
        expect(Number(times)).toBeLessThanOrEqual(1);
      expect(result.doFencesGrow).toBe(true);
      expect(result.orders).toMatchObject({ unknown: [], lateTaken: [] });
      // Each death has an owner that was stopped, and whose order came when another node had done the work.
      if (options.nemesis === 'owner-stopped')
        expect(Object.keys(result.orders.lateRefusedCounts).length).toBeGreaterThanOrEqual(
          options.deathCount,
        );
      if (options.nemesis === 'owner-killed') expect(result.claimCount).toBeGreaterThan(result.verdictCount);
      if (options.nemesis === 'leader-killed') expect(result.killedLeaderCount).toBeGreaterThan(0);
      if (options.nemesis === 'claim-answer-lost') expect(result.lostAnswerCount).toBeGreaterThan(0);
    },
    asked > 0 ? 7_200_000 : 180_000,
  );
});
