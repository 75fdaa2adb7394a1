/** The owner of a recovery whose renewals are answered late, or not at all: agents with sockets on one SQLite file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import { ownerHoldMs, resolveSettings } from '../../src/core/settings/config.ts';
import { Agent, type AgentOptions } from '../../src/library/agent.ts';
import type { Death, MonitorEvents } from '../../src/monitor/events.ts';
import type { LeaseRef, Registry, RenewResult } from '../../src/ports/registry.ts';

type Renew = Registry['renew'];

/** Faults but the recovery's are found as with `lan`; an owner runs for 9.4 s without a renewal. */
const settings = {
  ...{ startupGracePeriodMs: 0, heartbeatIntervalMs: 2_000, maxDeadFraction: 1 },
  ...{ minSilenceMs: 9_000, minSilenceNoConnectionMs: 9_000, maxAttempts: 1 },
} as const;

/** Three agents, whose renewals go through `renewals`. One is ended, and found dead; then `onDead` runs. */
async function startAll(renewals: (renew: Renew) => Renew, onDead: NonNullable<AgentOptions['onDead']>) {
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-late-'));
  const registry = await openSqliteRegistry(join(directory, 'cluster.db'));
  const renew = renewals((request) => registry.renew(request));
  const slow = new Proxy(registry, {
    get: (target, name) => {
      if (name === 'renew') return renew;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const ends: MonitorEvents['handler-ended'][] = [];
  const agents = ['a', 'b', 'c'].map(
    (nodeId) =>
      new Agent({
        ...{ ...settings, nodeId, registry: slow, address: '127.0.0.1', host: '127.0.0.1', port: 0 },
        preset: 'lan',
        logger: null,
        ...(nodeId === 'c' ? {} : { onDead }),
      }),
  );
  onTestFinished(async () => {
    await Promise.all(agents.map((agent) => agent.stop({ leave: false })));
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });
  for (const agent of agents) agent.on('handler-ended', (end) => void ends.push(end));
  await Promise.all(agents.map((agent) => agent.start()));
  const verdictOf = async (nodeId: string) =>
    (await registry.readCluster({})).verdicts.find((verdict) => verdict.nodeId === nodeId);
  // A round, so that each is known to answer.
  await sleep(6_000);
  await agents[2]?.stop({ leave: false });
  return { ends, verdictOf };
}

const holdMs = ownerHoldMs(resolveSettings({ ...settings, nodeId: 'a' }, 'lan'));

test('a handler runs on while each answer takes longer than a renewal is waited for', async () => {
  const lateMs = 4_000;
  expect(lateMs).toBeGreaterThan(holdMs / 3);
  let renewedCount = 0;
  const renewals =
    (renew: Renew) =>
    async (request: LeaseRef & { readonly leaseMs: number }): Promise<RenewResult> => {
      const result = await renew(request);
      await sleep(lateMs);
      renewedCount++;
      return result;
    };
  let isAborted = false;
  const { ends, verdictOf } = await startAll(renewals, async (_, { signal }) => {
    await sleep(2 * holdMs);
    isAborted = signal.aborted;
  });
  await expect.poll(() => ends.length, { timeout: 90_000 }).toBe(1);
  expect(ends).toMatchObject([{ outcome: 'completed' }]);
  expect(isAborted).toBe(false);
  expect(renewedCount).toBeGreaterThan(1);
  expect(await verdictOf('c')).toMatchObject({ resolution: 'completed', attemptCount: 1 });
});

test('a handler that was stopped for want of renewals is run again, also where one attempt is all', async () => {
  let isDown = true;
  const renewals = (renew: Renew) => (request: LeaseRef & { readonly leaseMs: number }) =>
    isDown ? new Promise<never>(() => {}) : renew(request);
  const deaths: Death[] = [];
  const { verdictOf } = await startAll(renewals, async (_, death) => {
    deaths.push(death);
    if (deaths.length > 1) isDown = false;
    else await new Promise((resolve) => death.signal.addEventListener('abort', resolve, { once: true }));
  });
  await expect.poll(async () => (await verdictOf('c'))?.resolution, { timeout: 90_000 }).toBe('completed');
  expect(deaths.map(({ attempt }) => attempt)).toEqual([1, 2]);
});
