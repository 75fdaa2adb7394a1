import { describe, expect, it, vi } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { ManualClock, settle } from '../../test/harness/manual-clock.ts';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import type { RoundReading } from '../core/reading.ts';
import { ConfigError } from '../core/settings/config.ts';
import type { Verdict } from '../core/verdict.ts';
import type { CreateAbort } from '../ports/abort.ts';
import type { ProbeOutcome, Prober } from '../ports/prober.ts';
import { type Entry, type Registry, RegistryError } from '../ports/registry.ts';
import { RingMonitor } from './monitor.ts';
import type { MonitorOptions } from './options.ts';
import { isRecentlySeen } from './probe-runner.ts';

const reading: RoundReading = {
  progress: { fence: 0, newestEvent: 0, epochFloor: 0 },
  self: nodeOf('a'),
  ownBeat: null,
  isSelfDead: false,
  accuserIds: [],
  beating: [],
  successors: [nodeOf('b'), nodeOf('c')],
  watched: [],
  statements: [],
  openVerdicts: [],
};

interface Outside {
  readRound?: () => Promise<RoundReading>;
  probe?: (id: string) => Promise<ProbeOutcome>;
  options?: Partial<MonitorOptions>;
  createAbort?: CreateAbort;
}

function setUp({ readRound, probe, options, createAbort }: Outside = {}) {
  const clock = new ManualClock();
  const entries: Entry[] = [];
  const probed: string[] = [];
  const registry = {
    readRound: readRound ?? (() => Promise.resolve(reading)),
    record: async (some: readonly Entry[]) => void entries.push(...some),
    setHandler: async () => {},
    refute: async () => {},
    readNode: async () => null,
    join: async () => ({ outcome: 'joined', epoch: 1 }),
    decide: async () => ({ outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 }),
    readEvents: async () => ({ events: [], cursor: '0', lostCount: 0, wentBack: false }),
  } as unknown as Registry;
  const answer = (id: string): Promise<ProbeOutcome> =>
    Promise.resolve({ kind: 'answer', nodeId: id, epoch: 1 });
  const prober: Prober = {
    probe: ({ id }) => {
      probed.push(id);
      return (probe ?? answer)(id);
    },
    close: async () => {},
  };
  const monitor = new RingMonitor(
    { nodeId: 'a', registry, epoch: 1, startupGracePeriodMs: 0, jitter: 0, ...options },
    { clock, random: { next: () => 0.5 }, prober, createAbort: createAbort ?? (() => new AbortController()) },
  );
  return { clock, monitor, entries, probed };
}

function portsOf(clock: ManualClock) {
  // Never the same: ids are drawn from it.
  let drawCount = 0;
  return {
    ...{ clock, random: { next: () => 0.5 + ++drawCount * 1e-6 }, createAbort: () => new AbortController() },
    prober: { probe: async () => refused, close: async () => {} },
  };
}

const answered = (nodeId: string): ProbeOutcome => ({ kind: 'answer', nodeId, epoch: 1 });
const refused: ProbeOutcome = { kind: 'failure', failure: 'refused', detail: 'ECONNREFUSED' };
const refusedBy = (refusing: string) => async (id: string) => (id === refusing ? refused : answered(id));

describe('a monitor', () => {
  it('probes its neighbours and says nothing while they answer', async () => {
    const { clock, monitor, entries, probed } = setUp();
    void monitor.start();
    await clock.run(60_000);
    expect(probed.slice(0, 2)).toEqual(['b', 'c']);
    expect(entries).toEqual([]);
    expect(monitor.snapshot()).toMatchObject({ phase: 'running', targets: [{ id: 'b' }, { id: 'c' }] });
    await monitor.stop();
  });

  it('counts its grace from the start, not from its construction', async () => {
    const { clock, monitor, entries } = setUp({
      probe: async (id) => (id === 'b' ? refused : { kind: 'answer', nodeId: id, epoch: 1 }),
      options: { startupGracePeriodMs: 300_000 },
    });
    await clock.run(400_000);
    void monitor.start();
    await clock.run(200_000);
    expect(entries.map(({ kind }) => kind)).toEqual(['suspect']);
    await clock.run(120_000);
    expect(entries.map(({ kind }) => kind)).toEqual(['suspect', 'dead']);
    await monitor.stop();
  });

  it.each([
    ['fails', () => Promise.reject(new RegistryError('unavailable', 'no leader')), /^no leader$/],
    [
      'throws at once',
      () => {
        throw new Error('broken');
      },
      /^broken$/,
    ],
    [
      'answers nothing',
      () => Promise.resolve(null as unknown as RoundReading),
      /^Expected an object .* found null; mend/,
    ],
    [
      'answers nonsense',
      () => Promise.resolve({} as RoundReading),
      /^Expected a list accuserIds .* found undefined; mend/,
    ],
    [
      'answers nonsense about itself',
      () => Promise.resolve({ ...reading, self: 'a' } as unknown as RoundReading),
      /^Expected this node or null as self .* found string; mend/,
    ],
    [
      'answers nonsense as nodes',
      () => Promise.resolve({ ...reading, successors: [nodeOf('b'), null] } as unknown as RoundReading),
      /^Expected nodes with an id .* found null; mend/,
    ],
    ['hangs', () => new Promise<never>(() => {}), /^the registry did not answer within 5000 ms$/],
  ] as const)('goes on with its last watch list when the registry %s', async (_, broken, message) => {
    let isBroken = false;
    const { clock, monitor, probed } = setUp({
      readRound: () => (isBroken ? broken() : Promise.resolve(reading)),
    });
    const outages: { readonly isOn: boolean; readonly message: string }[] = [];
    const warnings: string[] = [];
    monitor.on('outage', (outage) => void outages.push(outage));
    monitor.on('warning', (warning) => void warnings.push(warning.message));
    void monitor.start();
    await clock.run(20_000);
    isBroken = true;
    probed.length = 0;
    await clock.run(60_000);
    expect(probed).toHaveLength(12);
    expect(outages).toMatchObject([{ isOn: true, message: expect.stringMatching(message) }]);
    isBroken = false;
    await clock.run(20_000);
    await monitor.stop();
    expect(clock.timerCount).toBe(0);
    expect(outages.map(({ isOn }) => isOn)).toEqual([true, false]);
    expect(warnings).toEqual([]);
  });

  it('asks a registry again that has held a call for ever', async () => {
    let askedCount = 0;
    const { clock, monitor } = setUp({
      readRound: () => (++askedCount === 2 ? new Promise<never>(() => {}) : Promise.resolve(reading)),
    });
    void monitor.start();
    await clock.run(80_000);
    expect(askedCount).toBeGreaterThanOrEqual(7);
    await monitor.stop();
  });

  it('holds no more open calls and timers after hours of a registry that hangs than after minutes', async () => {
    const clock = new ManualClock();
    let isHanging = false;
    const calls = new Map<string, number>();
    /** Every call hangs once the registry does; the clock's own limit is all that ends it. */
    const answer = (name: string, value: unknown) => () => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return isHanging ? new Promise<never>(() => {}) : Promise.resolve(value);
    };
    const pending = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 };
    const registry = {
      readRound: answer('readRound', { ...reading, accuserIds: ['b'] }),
      record: answer('record', undefined),
      setHandler: answer('setHandler', undefined),
      refute: answer('refute', undefined),
      readNode: answer('readNode', null),
      decide: answer('decide', pending),
    } as unknown as Registry;
    const prober: Prober = {
      probe: async ({ id }) => (id === 'b' ? refused : answered(id)),
      close: async () => {},
    };
    const monitor = new RingMonitor(
      { nodeId: 'a', registry, epoch: 1, startupGracePeriodMs: 0, jitter: 0 },
      { clock, random: { next: () => 0.5 }, prober, createAbort: () => new AbortController() },
    );
    void monitor.start();
    await clock.run(115_000);
    isHanging = true;
    monitor.onNodeDead(async () => {});
    const hourly: { timerCount: number; callCount: number }[] = [];
    for (let hour = 0; hour < 6; hour++) {
      calls.clear();
      let timerCount = 0;
      for (let second = 0; second < 3_600; second++) {
        await clock.run(1_000);
        timerCount = Math.max(timerCount, clock.timerCount);
      }
      hourly.push({ timerCount, callCount: [...calls.values()].reduce((sum, count) => sum + count, 0) });
    }
    // A call is open for as long as its timer runs: one of each kind, the next round, and the wait between two tries.
    for (const { timerCount } of hourly) expect(timerCount).toBeLessThanOrEqual(8);
    // Each kind is asked at most once a round.
    for (const { callCount } of hourly) expect(callCount).toBeLessThanOrEqual(5 * 361);
    expect(hourly[5]?.callCount).toBeLessThanOrEqual(hourly[1]?.callCount ?? 0);
    await monitor.stop();
    // What hangs is let go at its own limit.
    await clock.run(5_000);
    expect(clock.timerCount).toBe(0);
  });

  it('notes an outage once and tells how long it was', async () => {
    let isUp = true;
    const { clock, monitor, entries } = setUp({
      readRound: () =>
        isUp ? Promise.resolve(reading) : Promise.reject(new RegistryError('unavailable', 'x')),
    });
    void monitor.start();
    await clock.run(10_000);
    isUp = false;
    await clock.run(50_000);
    isUp = true;
    await clock.run(10_000);
    expect(entries).toMatchObject([{ kind: 'outage', detail: { durationMs: 50_000 } }]);
    await monitor.stop();
  });

  it('tells of writes that fail beside readings that work, once and until the writes work', async () => {
    const clock = new ManualClock();
    const noted: Entry[] = [];
    let isFull = false;
    const write = async (): Promise<void> => {
      if (isFull) throw new RegistryError('unavailable', 'database or disk is full');
    };
    const registry = {
      migrate: write,
      readNode: async () => null,
      join: async () => ({ outcome: 'joined', epoch: 1 }),
      heartbeat: () => write().then(() => 'beating'),
      readRound: async () => reading,
      record: (entries: readonly Entry[]) => write().then(() => void noted.push(...entries)),
    } as unknown as Registry;
    const error = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error };
    const prober: Prober = { probe: async ({ id }) => answered(id), close: async () => {} };
    const monitor = new RingMonitor(
      { nodeId: 'a', registry, logger },
      { clock, random: { next: () => 0.5 }, prober, createAbort: () => new AbortController() },
    );
    const outages: { readonly isOn: boolean; readonly fails: string | null; readonly message: string }[] = [];
    monitor.on('outage', (outage) => void outages.push(outage));
    void monitor.start();
    await clock.run(40_000);
    isFull = true;
    await clock.run(300_000);
    expect(monitor.snapshot().isOutage).toBe(true);
    expect(outages).toEqual([{ isOn: true, fails: 'writes', message: 'database or disk is full' }]);
    isFull = false;
    await clock.run(40_000);
    expect(outages.slice(1)).toMatchObject([
      { isOn: false, fails: null, message: expect.stringMatching(/taking no writes for \d+ ms/) },
    ]);
    expect(noted).toMatchObject([{ kind: 'outage', detail: { fails: ['writes'] } }]);
    const line = 'registry out of reach, writes fail: database or disk is full';
    expect(error.mock.calls.map(([, message]) => message)).toEqual([line]);
    await monitor.stop();
  });

  it('goes on when callbacks and listeners throw or reject, and reports them', async () => {
    const { clock, monitor, probed } = setUp({ probe: refusedBy('b') });
    const warnings: string[] = [];
    monitor
      .onNodeSuspect(() => {
        throw new Error('from the callback');
      })
      .on('suspect', () => Promise.reject(new Error('from the listener')))
      .on('warning', ({ code, message }) => void warnings.push(`${code}: ${message}`))
      .on('warning', () => {
        throw new Error('from the listener of warnings');
      });
    void monitor.start();
    await clock.run(60_000);
    const reports = warnings.filter((warning) => warning.includes('from the callback'));
    expect(reports).toEqual([expect.stringMatching(/^callback-failed: .*handler of "suspect"/)]);
    expect(warnings.filter((message) => message.includes('from the listener'))).toHaveLength(1);
    expect(probed.filter((id) => id === 'b').length).toBeGreaterThanOrEqual(6);
    await monitor.stop();
  });

  it('goes on while a callback blocks', async () => {
    const { clock, monitor, probed } = setUp({ probe: refusedBy('b') });
    monitor.onNodeSuspect(() => new Promise(() => {}));
    void monitor.start();
    await clock.run(120_000);
    expect(probed.filter((id) => id === 'b').length).toBeGreaterThanOrEqual(12);
    await monitor.stop();
  });

  it('lets a callback call back into the monitor, even to stop it', async () => {
    const { clock, monitor } = setUp({ probe: refusedBy('b') });
    let phase = '';
    monitor.onNodeSuspect(async () => {
      phase = monitor.snapshot().phase;
      await monitor.stop();
    });
    void monitor.start();
    await clock.run(60_000);
    await monitor.whenStopped();
    expect(phase).toBe('running');
  });

  it('lets a slow target delay only itself', async () => {
    const { clock, monitor, probed } = setUp({
      options: { probeTimeoutMs: 35_000, membershipWindowMs: 2_000_000 },
      probe: (id) =>
        id === 'b'
          ? new Promise((resolve) => void clock.setTimer(35_000, () => resolve(refused)))
          : Promise.resolve({ kind: 'answer', nodeId: id, epoch: 1 }),
    });
    void monitor.start();
    await clock.run(105_000);
    expect(probed.filter((id) => id === 'c').length).toBeGreaterThanOrEqual(11);
    expect(probed.filter((id) => id === 'b').length).toBeLessThanOrEqual(3);
    const stopping = monitor.stop();
    await clock.run(500);
    await stopping;
  });

  it('does not count the probes that its own stop ends', async () => {
    let aborted = 0;
    const clock = new ManualClock();
    const prober: Prober = {
      probe: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted++;
            resolve({ kind: 'aborted' });
          });
        }),
      close: async () => {},
    };
    const results: string[] = [];
    const registry = { readRound: () => Promise.resolve(reading) } as unknown as Registry;
    const monitor = new RingMonitor(
      { nodeId: 'a', registry, epoch: 1 },
      { clock, random: { next: () => 0 }, prober, createAbort: () => new AbortController() },
    );
    monitor.on('probe', ({ result }) => void results.push(result));
    const running = monitor.start();
    await clock.run(10_000);
    await monitor.stop();
    await running;
    expect(aborted).toBe(2);
    expect(results).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });

  it('ends at once when its signal has aborted already, and when it aborts', async () => {
    const early = setUp();
    await early.monitor.start({ signal: AbortSignal.abort() });
    await early.monitor.whenStopped();
    expect(early.probed).toEqual([]);
    const late = setUp();
    const controller = new AbortController();
    await late.monitor.start({ signal: controller.signal });
    await late.clock.run(20_000);
    controller.abort();
    await late.monitor.whenStopped();
    expect(late.clock.timerCount).toBe(0);
    expect(late.monitor.snapshot().phase).toBe('stopped');
  });

  it('refuses a second start', async () => {
    const { monitor } = setUp();
    void monitor.start();
    await expect(monitor.start()).rejects.toMatchObject({ code: 'already-started' });
    await monitor.stop();
  });

  it('begins its own epoch when it is given none, however long the registry takes to come up, and sends heartbeats', async () => {
    const clock = new ManualClock();
    let failures = 5;
    const beats: number[] = [];
    const registry = {
      migrate: async () => {},
      readNode: async () => {
        if (failures-- > 0) throw new RegistryError('unavailable', 'no leader');
        return null;
      },
      join: async () => ({ outcome: 'joined', epoch: 7 }),
      heartbeat: async ({ epoch }: { epoch: number }) => {
        beats.push(epoch);
        return 'beating';
      },
      readRound: async () => reading,
    } as unknown as Registry;
    const prober: Prober = { probe: async () => refused, close: async () => {} };
    const monitor = new RingMonitor(
      { nodeId: 'a', registry },
      { clock, random: { next: () => 0.5 }, prober, createAbort: () => new AbortController() },
    );
    void monitor.start();
    await clock.run(30_000);
    expect(monitor.snapshot().epoch).toBe(7);
    await clock.run(100_000);
    expect(beats).toEqual([7, 7, 7, 7]);
    await monitor.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('begins its own epoch in the cluster that it names', async () => {
    const clock = new ManualClock();
    const registry = new MemoryRegistry({ now: () => clock.wallNow() });
    const place = { address: '10.0.0.2', internalAddress: null, port: 6001, region: null };
    const other = { nodeId: 'b', ...place, isNamed: true, hasHandler: false, instanceId: 'b', afterEpoch: 0 };
    await registry.join({ ...other, clusterName: 'prod' });
    const ports = {
      ...{ clock, random: { next: () => 0.5 }, createAbort: () => new AbortController() },
      prober: { probe: async () => refused, close: async () => {} },
    };
    const monitor = new RingMonitor({ nodeId: 'a', registry, clusterName: 'prod' }, ports);
    void monitor.start();
    await clock.run(1_000);
    expect(monitor.snapshot().epoch).toBe(1);
    await monitor.stop();
    const wrong = () => new RingMonitor({ nodeId: 'a', registry, clusterName: '' }, ports);
    expect(wrong).toThrow(/clusterName: expected a name/);
  });

  it('does not start in the registry of another cluster, and says what to do', async () => {
    const clock = new ManualClock();
    const registry = new MemoryRegistry({ now: () => clock.wallNow() });
    const place = { address: '10.0.0.2', internalAddress: null, port: 6001, region: null };
    const other = { nodeId: 'b', ...place, isNamed: true, hasHandler: false, instanceId: 'b', afterEpoch: 0 };
    await registry.join({ ...other, clusterName: 'prod' });
    const monitor = new RingMonitor({ nodeId: 'a', registry }, portsOf(clock));
    const starting = monitor.start().then(
      () => 'started',
      (error: unknown) => error,
    );
    await clock.run(5_000);
    expect(await Promise.race([starting, settle()])).toMatchObject({
      ...{ name: 'RegistryError', code: 'invalid' },
      message: expect.stringMatching(
        /^Expected a node of the cluster "prod", .* got one of "ringwatch"\. Give/,
      ),
    });
    await monitor.stop();
    await expect(monitor.whenStopped()).rejects.toMatchObject({ code: 'invalid' });
    expect(clock.timerCount).toBe(0);
  });

  it.each(['unauthorized', 'schema', 'invalid'] as const)(
    'does not start where the registry refuses it as "%s", and waits out an outage before that',
    async (code) => {
      const clock = new ManualClock();
      const registry = new MemoryRegistry({ now: () => clock.wallNow() });
      const migrate = vi.spyOn(registry, 'migrate');
      migrate.mockRejectedValue(new RegistryError('unavailable', 'no leader'));
      const monitor = new RingMonitor({ nodeId: 'a', registry }, portsOf(clock));
      const state: { error?: unknown } = {};
      monitor.start().catch((error: unknown) => {
        state.error = error;
      });
      await clock.run(600_000);
      expect(state).toEqual({});
      migrate.mockRejectedValue(new RegistryError(code, 'no'));
      await clock.run(20_000);
      expect(state.error).toMatchObject({ code });
      expect(clock.timerCount).toBe(0);
    },
  );

  it('ends where a registry that has forgotten it refuses its next join, and says so', async () => {
    const clock = new ManualClock();
    const registry = new MemoryRegistry({ now: () => clock.wallNow() });
    const monitor = new RingMonitor({ nodeId: 'a', registry }, portsOf(clock));
    const told: string[] = [];
    monitor.on('warning', ({ code, message }) => void told.push(`${code}: ${message}`));
    monitor.on('stopped', () => void told.push('stopped'));
    await monitor.start();
    const ended = monitor.whenStopped().catch((error: unknown) => error);
    vi.spyOn(registry, 'heartbeat').mockResolvedValueOnce('forgotten');
    vi.spyOn(registry, 'join').mockRejectedValueOnce(new RegistryError('unauthorized', 'no such user'));
    await clock.run(60_000);
    expect(await ended).toMatchObject({ code: 'unauthorized' });
    expect(told.slice(-2)).toEqual(['registry-error: this node cannot join again: no such user', 'stopped']);
    await monitor.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('joins again where the registry has forgotten it, and goes on', async () => {
    const clock = new ManualClock();
    const registry = new MemoryRegistry({ now: () => clock.wallNow() });
    const monitor = new RingMonitor({ nodeId: 'a', registry }, portsOf(clock));
    await monitor.start();
    vi.spyOn(registry, 'heartbeat').mockResolvedValueOnce('forgotten');
    await clock.run(60_000);
    expect(monitor.snapshot()).toMatchObject({ phase: 'running', epoch: 2 });
    await monitor.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('stops at once while a registry that hangs keeps it from beginning', async () => {
    const clock = new ManualClock();
    const registry = { readRound: async () => reading, migrate: () => new Promise<void>(() => {}) };
    const monitor = new RingMonitor(
      { nodeId: 'a', registry: registry as unknown as Registry },
      {
        ...{ clock, random: { next: () => 0.5 }, createAbort: () => new AbortController() },
        prober: { probe: async () => refused, close: async () => {} },
      },
    );
    const running = monitor.start();
    await clock.run(100);
    await monitor.stop();
    await running;
    expect(clock.now()).toBe(100);
    expect(clock.timerCount).toBe(0);
  });

  it('that cannot use a probe says so with the stack, and asks again', async () => {
    const error = vi.fn();
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error };
    const { clock, monitor, probed } = setUp({
      readRound: async () => reading,
      probe: async () => ({ kind: 'nonsense' }) as never,
      options: { logger },
    });
    const codes = new Set<string>();
    monitor.on('warning', ({ code }) => void codes.add(code));
    void monitor.start();
    await clock.run(35_000);
    expect([...codes]).toEqual(['internal']);
    expect(error.mock.calls.length).toBeGreaterThan(2);
    const fields = { error: expect.any(TypeError), stack: expect.stringContaining('core/') };
    const what = expect.stringContaining('an input of kind "probe-finished"');
    expect(error).toHaveBeenCalledWith(expect.objectContaining(fields), what);
    expect(probed.length).toBe(8);
    await monitor.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('goes on round after round when an effect cannot be performed', async () => {
    const verdict: Verdict = {
      ...{ nodeId: 'd', epoch: 1, decidedAt: 0, quorum: 1, resolution: null, ownerId: null },
      ...{ fence: 0, attemptCount: 0, lastError: null, reason: null },
      votes: [{ observerId: 'a', observerEpoch: 1, evidence: null }],
    };
    let abortCount = 0;
    const { clock, monitor, probed } = setUp({
      readRound: async () => ({ ...reading, openVerdicts: [{ verdict, isClaimable: true }] }),
      // The probes have the first one; a recovery, which a claim begins with, gets none.
      createAbort: () => {
        if (abortCount++ > 0) throw new Error('no handle left');
        return new AbortController();
      },
    });
    const warnings: string[] = [];
    monitor.on('warning', ({ code, message }) => void warnings.push(`${code}: ${message}`));
    monitor.onNodeDead(() => {});
    void monitor.start();
    await clock.run(60_000);
    expect(warnings[0]).toBe('internal: an effect of kind "claim" could not be performed: no handle left');
    expect(warnings.length).toBeGreaterThan(1);
    expect(probed).toHaveLength(12);
    await monitor.stop();
  });

  it('tells JavaScript callers what is missing', () => {
    const ports = {
      clock: new ManualClock(),
      random: { next: () => 0 },
      prober: {} as Prober,
      createAbort: () => new AbortController(),
    };
    expect(() => new RingMonitor({ nodeId: 'a' } as unknown as MonitorOptions, ports)).toThrow(ConfigError);
    expect(() => new RingMonitor({ nodeId: 'a' } as unknown as MonitorOptions, ports)).toThrow(
      'openRegistry',
    );
    expect(() => new RingMonitor(null as unknown as MonitorOptions, ports)).toThrow(ConfigError);
    const registry = { readRound: () => {} } as unknown as Registry;
    expect(() => new RingMonitor({ nodeId: 'a', registry, epoch: 0 }, ports)).toThrow(ConfigError);
  });

  it('takes a console and a pino-like logger as they are', async () => {
    const lines: string[] = [];
    const log = (_: unknown, message: string) => void lines.push(message);
    const { clock, monitor } = setUp({
      probe: refusedBy('b'),
      options: { logger: { debug: () => {}, info: log, warn: log, error: log } },
    });
    const typed: MonitorOptions['logger'] = console;
    expect(typed).toBe(console);
    void monitor.start();
    await clock.run(40_000);
    expect(lines).toContain('node b is suspect');
    await monitor.stop();
  });
});

describe('the metadata reader', () => {
  const now = 1_000_000_000;
  it.each([
    ['active within 30 s', { found: true, state: 'active', lastSeen: now - 29_000 }, true],
    ['active, but older', { found: true, state: 'active', lastSeen: now - 31_000 }, false],
    [
      'maintenance within 2 min',
      { found: true, state: 'maintenance', lastSeen: new Date(now - 119_000) },
      true,
    ],
    ['maintenance, but older', { found: true, state: 'maintenance', lastSeen: now - 121_000 }, false],
    ['a time in the future', { found: true, state: 'active', lastSeen: now + 1_000 }, false],
    ['any other state', { found: true, state: 'joining', lastSeen: now }, false],
    ['not found', { found: false, state: 'active', lastSeen: now }, false],
    ['no time', { found: true, state: 'active' }, false],
    ['an invalid date', { found: true, state: 'active', lastSeen: new Date(Number.NaN) }, false],
  ])('vouches, or not, for %s', (_, lifecycle, isHit) => {
    expect(isRecentlySeen(lifecycle, now)).toBe(isHit);
  });

  it('saves the probe where it vouches, and is ignored where it throws or hangs', async () => {
    let answer: () => Promise<{ found: boolean; state: string; lastSeen: number }> = async () => ({
      found: true,
      state: 'active',
      lastSeen: clock.wallNow(),
    });
    const { clock, monitor, probed } = setUp({
      options: { metadataReader: { getPeerLifecycleState: () => answer() } },
    });
    const warnings: string[] = [];
    monitor.on('warning', ({ code }) => warnings.push(code));
    void monitor.start();
    await clock.run(30_000);
    expect(probed).toEqual([]);
    answer = () => {
      throw new Error('broken');
    };
    await clock.run(10_000);
    expect(probed).toHaveLength(2);
    answer = () => new Promise(() => {});
    await clock.run(10_000);
    await settle();
    expect(probed).toHaveLength(4);
    expect(warnings).toEqual(['metadata-reader-failed']);
    await monitor.stop();
  });
});
