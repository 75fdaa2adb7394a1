import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { type PruneRequest, type Registry, RegistryError } from '../ports/registry.ts';
import { defaultRetention, Housekeeping } from './housekeeping.ts';

function setUp(prune: () => Promise<unknown>) {
  const clock = new ManualClock();
  const requests: PruneRequest[] = [];
  const failures: unknown[] = [];
  const registry = {
    prune: (request: PruneRequest) => {
      requests.push(request);
      return prune();
    },
  } as unknown as Registry;
  const housekeeping = new Housekeeping({
    self: { nodeId: 'a', epoch: 3 },
    ...{ registry, clock, random: { next: () => 0.5 }, timeoutMs: 5_000, retention: defaultRetention },
    onFailure: (error) => failures.push(error),
  });
  return { clock, requests, failures, housekeeping, ended: housekeeping.run() };
}

describe('housekeeping', () => {
  it('asks once an hour, first within ten minutes, and never while stopped', async () => {
    const { clock, requests, housekeeping, ended } = setUp(async () => ({ isMine: false }));
    await clock.run(299_000);
    expect(requests).toEqual([]);
    await clock.run(1_000);
    expect(requests).toEqual([
      {
        nodeId: 'a',
        epoch: 3,
        maxAgeMs: 604_800_000,
        maxEventCount: 100_000,
        departedAfterMs: 604_800_000,
        everyMs: 3_600_000,
      },
    ]);
    await clock.run(24 * 3_600_000);
    expect(requests).toHaveLength(23);
    housekeeping.stop();
    await ended;
    expect(clock.timerCount).toBe(0);
  });

  it('goes on after a failure, and when the registry hangs', async () => {
    const { clock, requests, failures, housekeeping } = setUp(() =>
      requests.length === 1
        ? Promise.reject(new RegistryError('unavailable', 'no leader'))
        : new Promise(() => {}),
    );
    await clock.run(12 * 3_600_000);
    expect(requests.length).toBeGreaterThan(10);
    expect(failures).toMatchObject([
      { code: 'unavailable' },
      ...failures.slice(1).map(() => ({ code: 'ambiguous' })),
    ]);
    housekeeping.stop();
  });
});
