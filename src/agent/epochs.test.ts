import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import { createAbort } from '../adapters/system/index.ts';
import { resolveSettings } from '../core/settings/config.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { RegistryError } from '../ports/registry.ts';
import { Epochs } from './epochs.ts';
import type { AgentEnd } from './events.ts';
import { HandlerWatch } from './handler-watch.ts';
import { type AgentOptions, resolveOptions } from './options.ts';
import { settingsDigest } from './settings-digest.ts';

function setUp(change: Partial<AgentOptions> = {}) {
  const clock = new ManualClock();
  const registry = new MemoryRegistry({ now: () => clock.wallNow() });
  const scope = new CancelScope(clock);
  const joinedAt: number[] = [];
  const told: string[] = [];
  const heard: string[] = [];
  // Always about a half, and never the same: ids are drawn from it too.
  let drawCount = 0;
  const stopping = createAbort();
  const prober = { probe: async () => ({ kind: 'aborted' }) as const, close: async () => {} };
  const epochs = new Epochs({
    options: resolveOptions({ nodeId: 'a', registry, address: '10.0.0.1', ...change }),
    ports: { clock, random: { next: () => 0.5 + ++drawCount * 1e-9 }, prober, createAbort },
    port: 6001,
    check: null,
    handlers: new HandlerWatch(clock),
    scope,
    stopping: stopping.signal,
    emit: (event, payload) => told.push(`${event}: ${'message' in payload ? payload.message : ''}`),
    forward: (event, payload) => heard.push(`${event} ${'targetId' in payload ? payload.targetId : ''}`),
    onJoined: () => joinedAt.push(clock.now()),
  });
  const ends: AgentEnd['reason'][] = [];
  const run = () => epochs.run().then((end) => void ends.push(end));
  const stop = (): void => {
    scope.cancel();
    epochs.stop();
  };
  return { clock, registry, epochs, joinedAt, told, heard, ends, run, stop };
}

describe('epochs', () => {
  it('follow one another at once when one is over, but later and later when that goes on', async () => {
    const { clock, registry, epochs, joinedAt, run, stop } = setUp({ heartbeatIntervalMs: 1_000 });
    vi.spyOn(registry, 'heartbeat').mockResolvedValue('over');
    const ended = run();
    await clock.run(3_600_000);
    const gaps = joinedAt.slice(1).map((at, index) => Math.round((at - (joinedAt[index] ?? 0)) / 1_000));
    // Each runs for one second, and a rest that doubles from the probe interval to five minutes.
    expect(gaps.slice(0, 9)).toEqual([1, 11, 21, 41, 81, 161, 301, 301, 301]);
    expect(epochs.newestEpoch).toBe(joinedAt.length);
    stop();
    await ended;
    expect(clock.timerCount).toBe(0);
  });

  it('that cannot begin warn of it with exponential back-off, and tell of their beginning', async () => {
    const { clock, registry, told, run, stop } = setUp();
    const migrate = vi
      .spyOn(registry, 'migrate')
      .mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    const ended = run();
    await clock.run(3_600_000);
    expect(migrate.mock.calls.length).toBeGreaterThan(300);
    expect(new Set(told)).toEqual(new Set(['warning: cannot join the cluster yet: no leader']));
    expect(told.length).toBeLessThan(12);
    migrate.mockRestore();
    await clock.run(10_000);
    expect(told.at(-1)).toMatch(/^joined/);
    stop();
    await ended;
  });

  it('rest no longer once one has lasted', async () => {
    const { clock, registry, joinedAt, run, stop } = setUp({ heartbeatIntervalMs: 1_000 });
    const heartbeat = vi.spyOn(registry, 'heartbeat').mockResolvedValue('over');
    const ended = run();
    await clock.run(100_000);
    heartbeat.mockRestore();
    await clock.run(1_000_000);
    const before = joinedAt.length;
    vi.spyOn(registry, 'heartbeat').mockResolvedValueOnce('over');
    await clock.run(3_000);
    expect(joinedAt.length).toBe(before + 1);
    stop();
    await ended;
  });

  it('have nothing to leave the cluster as between two epochs', async () => {
    const { clock, registry, epochs, run, stop } = setUp({
      heartbeatIntervalMs: 1_000,
      onSelfDead: () => new Promise(() => {}),
    });
    const ended = run();
    await clock.run(500);
    expect(epochs.membership).toEqual({ epoch: 1, uncertainInstanceId: null });
    vi.spyOn(registry, 'heartbeat').mockResolvedValue('over');
    await clock.run(2_000);
    expect(epochs.phase).toBe('self-dead');
    expect(epochs.membership).toEqual({ epoch: null, uncertainInstanceId: null });
    stop();
    await ended;
  });

  it('end after the first when the policy is exit', async () => {
    const { clock, registry, ends, run } = setUp({ heartbeatIntervalMs: 1_000, selfDeadPolicy: 'exit' });
    vi.spyOn(registry, 'heartbeat').mockResolvedValue('over');
    const ended = run();
    await clock.run(5_000);
    await ended;
    expect(ends).toEqual(['self-dead']);
    expect(clock.timerCount).toBe(0);
  });

  it('tell in the next one what happened while the one before was cut off, until it read that it is dead', async () => {
    const { clock, registry, joinedAt, heard, run, stop } = setUp();
    const place = { address: '10.0.0.2', internalAddress: null, port: 6001, region: null };
    const other = { nodeId: 'b', ...place, isNamed: true, hasHandler: false, instanceId: 'b', afterEpoch: 0 };
    const b = await registry.join(other);
    const ended = run();
    await clock.run(30_000);
    const readRound = registry.readRound.bind(registry);
    const reading = vi
      .spyOn(registry, 'readRound')
      .mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    await clock.run(60_000);
    if (b.outcome === 'joined') await registry.leave({ nodeId: 'b', epoch: b.epoch });
    reading.mockImplementationOnce(async (request) => ({ ...(await readRound(request)), isSelfDead: true }));
    reading.mockImplementation(readRound);
    await clock.run(60_000);
    expect(joinedAt).toHaveLength(2);
    expect(heard).toContain('self-dead a');
    expect(heard).toContain('left b');
    stop();
    await ended;
  });

  it('warn once of each epoch of another node that joins with other settings, also when they begin anew', async () => {
    const { clock, registry, told, run, stop } = setUp({ heartbeatIntervalMs: 1_000 });
    const own = settingsDigest(resolveSettings({ nodeId: 'a', heartbeatIntervalMs: 1_000 }));
    const place = { address: '10.0.0.2', internalAddress: null, port: 6001, region: null };
    const join = (nodeId: string, afterEpoch: number, settings: string) =>
      registry.join({
        ...{ nodeId, ...place, isNamed: true, hasHandler: false, instanceId: `${nodeId}${afterEpoch}` },
        ...{ afterEpoch, settings },
      });
    const warned = (): string[] =>
      told.flatMap(
        (line) => /^warning: this node has .*, but (.*?): each/.exec(line)?.[1]?.split(', ') ?? [],
      );
    await join('b', 0, 'wan 1');
    const ended = run();
    await clock.run(20_000);
    expect(warned()).toEqual(['b has wan 1']);
    await join('c', 0, 'wan 2');
    await join('d', 0, own);
    await join('b', 1, 'wan 1');
    vi.spyOn(registry, 'heartbeat').mockResolvedValueOnce('over');
    await clock.run(60_000);
    expect(warned().toSorted()).toEqual(['b has wan 1', 'b has wan 1', 'c has wan 2']);
    await join('c', 1, 'wan 2');
    await clock.run(60_000);
    expect(warned().slice(3)).toEqual(['c has wan 2']);
    stop();
    await ended;
  });

  it('tell in the next one what happened in one that was over before it had read anything', async () => {
    const { clock, registry, joinedAt, heard, run, stop } = setUp();
    const readRound = registry.readRound.bind(registry);
    const reading = vi
      .spyOn(registry, 'readRound')
      .mockRejectedValue(new RegistryError('unavailable', 'no leader'));
    const ended = run();
    await clock.run(30_000);
    const place = { address: '10.0.0.2', internalAddress: null, port: 6001, region: null };
    const other = { nodeId: 'b', ...place, isNamed: true, hasHandler: false, instanceId: 'b', afterEpoch: 0 };
    const b = await registry.join(other);
    if (b.outcome === 'joined') await registry.leave({ nodeId: 'b', epoch: b.epoch });
    reading.mockImplementationOnce(async (request) => ({ ...(await readRound(request)), isSelfDead: true }));
    reading.mockImplementation(readRound);
    await clock.run(60_000);
    expect(joinedAt).toHaveLength(2);
    expect(heard.filter((line) => line.endsWith(' b'))).toEqual(['joined b', 'left b']);
    stop();
    await ended;
  });
});
