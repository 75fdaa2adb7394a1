/** Monitors and their handlers over one registry, in a time that the test moves. */
import { afterEach, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { SettingsInput } from '../../src/core/settings/config.ts';
import type { Death } from '../../src/monitor/events.ts';
import { RingMonitor } from '../../src/monitor/monitor.ts';
import type { Prober } from '../../src/ports/prober.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';
import { ManualClock } from '../harness/manual-clock.ts';

const silent = new Set<string>();
const running: RingMonitor[] = [];

afterEach(async () => {
  silent.clear();
  await Promise.all(running.splice(0).map((monitor) => monitor.stop()));
});

/** Monitors of a, b and c; none has a handler yet. */
async function start(settings: Partial<SettingsInput> = {}) {
  const clock = new ManualClock();
  const registry = new MemoryRegistry({ now: () => clock.wallNow() });
  const prober: Prober = {
    probe: async ({ id }) =>
      silent.has(id)
        ? { kind: 'failure', failure: 'refused', detail: 'ECONNREFUSED', durationMs: 1 }
        : { kind: 'answer', nodeId: id, epoch: 1, durationMs: 1 },
    close: async () => {},
  };
  const monitors: RingMonitor[] = [];
  let drawn = 0;
  for (const nodeId of ['a', 'b', 'c']) {
    await registry.join(joinRequest(nodeId, nodeId, { hasHandler: false }));
    const random = { next: () => (++drawn % 97) / 97 };
    const monitor = new RingMonitor(
      { nodeId, registry, epoch: 1, preset: 'local', startupGracePeriodMs: 0, ...settings },
      { clock, random, prober, createAbort: () => new AbortController() },
    );
    void monitor.start();
    monitors.push(monitor);
    running.push(monitor);
  }
  /** Lets time pass in which every node but the silent ones says that it lives. */
  const pass = async (durationMs: number): Promise<void> => {
    for (let passed = 0; passed < durationMs; passed += 500) {
      for (const nodeId of ['a', 'b', 'c']) {
        if (!silent.has(nodeId)) await registry.heartbeat({ nodeId, epoch: 1 });
      }
      await clock.run(500);
    }
  };
  const kill = async (nodeId: string): Promise<void> => {
    silent.add(nodeId);
    await monitors[['a', 'b', 'c'].indexOf(nodeId)]?.stop();
  };
  const resolutions = async (): Promise<unknown[]> =>
    (await registry.readCluster({})).verdicts.map(({ resolution }) => resolution);
  return { clock, registry, monitors, pass, kill, resolutions };
}

it('a verdict waits while no node has a handler, and goes to the one that is registered later', async () => {
  const { monitors, pass, kill, resolutions } = await start();
  await pass(2_000);
  await kill('c');
  await pass(60_000);
  expect(await resolutions()).toEqual([null]);

  const deaths: [string, Death][] = [];
  monitors[0]?.onNodeDead((nodeId, death) => void deaths.push([nodeId, death]));
  await pass(10_000);
  expect(await resolutions()).toEqual(['completed']);
  expect(deaths).toHaveLength(1);
  const [nodeId, death] = deaths[0] ?? [];
  expect(nodeId).toBe('c');
  expect(death).toMatchObject({ nodeId: 'c', epoch: 1, fence: 1, attempt: 1, voters: ['a', 'b'] });
  expect(death?.evidence.map(({ observerId, evidence }) => [observerId, evidence?.failures])).toEqual([
    ['a', { refused: expect.any(Number) }],
    ['b', { refused: expect.any(Number) }],
  ]);
  expect(death?.signal.aborted).toBe(false);
});

it('a handler that never settles keeps its lease with a warning, and its limit lets another attempt follow', async () => {
  const { monitors, registry, pass, kill, resolutions } = await start({ handlerTimeoutMs: 20_000 });
  const begun: string[] = [];
  const warnings: string[] = [];
  for (const monitor of monitors) {
    monitor.onNodeDead((_nodeId, { fence, signal }) => {
      begun.push(`${fence}`);
      if (fence > 1) return;
      signal.addEventListener('abort', () => void begun.push('aborted'), { once: true });
      return new Promise<void>(() => {});
    });
    monitor.on('warning', ({ code, message }) => void (code === 'handler-slow' && warnings.push(message)));
  }
  await pass(2_000);
  await kill('c');
  await pass(15_000);
  expect(begun).toEqual(['1']);
  expect(warnings[0]).toMatch(
    /the recovery handler for c has run for \d+ ms; its lease is renewed .*handlerTimeoutMs ends it after 20000 ms/,
  );
  await pass(20_000);
  expect(begun).toEqual(['1', 'aborted', '2']);
  expect(await resolutions()).toEqual(['completed']);
  const { events } = await registry.readEvents({ after: null, limit: 1_000, nodeId: 'c' });
  const failed = events.find(({ kind }) => kind === 'recovery-ended');
  expect(failed?.detail).toMatchObject({ error: 'the handler ran longer than handlerTimeoutMs (20000)' });
});
