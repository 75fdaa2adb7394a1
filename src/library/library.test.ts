import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SqliteExecutor } from '../adapters/sqlite/executor.ts';
import { unknownMarks } from '../core/marks.ts';
import type { Prober, Registry } from '../index.ts';
import * as ringwatch from '../index.ts';
import { Agent } from './agent.ts';

let folder: string;
let registry: Registry | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-library-'));
});
afterEach(async () => {
  await registry?.close();
  registry = null;
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Registry> {
  registry = await ringwatch.openRegistry(`sqlite:${join(folder, 'cluster.db')}`);
  return registry;
}

describe('a monitor', () => {
  it('needs an id and a registry, also an empty one', async () => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    await monitor.start();
    expect(monitor.snapshot()).toMatchObject({ phase: 'running', epoch: 1 });
    await monitor.stop();
    expect(monitor.snapshot().phase).toBe('stopped');
  });

  it('closes its own prober at the end, and no other', async () => {
    const close = vi.fn(async () => {});
    const prober: Prober = { probe: async () => ({ kind: 'aborted' }), close };
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open(), prober });
    const abort = new AbortController();
    await monitor.start({ signal: abort.signal });
    abort.abort();
    await monitor.whenStopped();
    await monitor.stop();
    expect(close).not.toHaveBeenCalled();
  });

  it('started twice refuses the second start and goes on', async () => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    const starting = monitor.start();
    await expect(monitor.start()).rejects.toMatchObject({ code: 'already-started' });
    await starting;
    expect(monitor.snapshot().phase).toBe('running');
    await monitor.stop();
  });

  it('is refused by the registry of another cluster, and leaves nothing running', async () => {
    const there = await open();
    const first = new ringwatch.Monitor({ nodeId: 'a', registry: there, clusterName: 'prod' });
    await first.start();
    const monitor = new ringwatch.Monitor({ nodeId: 'b', registry: there });
    await expect(monitor.start()).rejects.toMatchObject({ name: 'RegistryError', code: 'invalid' });
    await monitor.stop();
    await expect(monitor.whenStopped()).rejects.toMatchObject({ code: 'invalid' });
    await first.stop();
  });

  it('may be stopped before it was started', async () => {
    await new ringwatch.Monitor({ nodeId: 'a', registry: await open() }).stop();
  });

  it('is stopped at the end of the block that uses it, as its registry is closed', async () => {
    let monitor: ringwatch.Monitor;
    {
      await using opened = await ringwatch.openRegistry(`sqlite:${join(folder, 'used.db')}`);
      await using used = new ringwatch.Monitor({ nodeId: 'a', registry: opened });
      monitor = used;
      await used.start();
      registry = opened;
    }
    expect(monitor.snapshot().phase).toBe('stopped');
    await expect(registry.readNode('a')).rejects.toBeInstanceOf(ringwatch.RegistryError);
  });

  it('does not begin under a signal that has aborted', async () => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    await monitor.start({ signal: AbortSignal.abort() });
    await monitor.whenStopped();
    expect(monitor.snapshot().phase).not.toBe('running');
  });

  it('is not started with a signal that would be overlooked', async () => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    const refusal = Reflect.apply(monitor.start, monitor, [new AbortController().signal]);
    await expect(refusal).rejects.toThrow(/expected { signal } with an AbortSignal/);
  });

  it('takes no listener for an event that does not exist, and says which was perhaps meant', async () => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    const listen = (name: string) => () => Reflect.apply(monitor.on, monitor, [name, () => undefined]);
    expect(listen('verdic')).toThrow(/expected the name of an event, got "verdic": did you mean verdict\?/);
    expect(listen('recoveryStarted')).toThrow(/did you mean recovery-started\?/);
    expect(listen('x')).toThrow(expect.objectContaining({ code: 'config' }));
  });

  it.each([
    ['logger', {}],
    ['logger', 'console'],
    ['metadataReader', {}],
    ['metadataReader', () => {}],
    ['prober', { probe: 7 }],
    ['epoch', 0],
  ])('is refused with %s %j', async (path, value) => {
    const options = { nodeId: 'a', registry: await open(), [path]: value };
    expect(() => Reflect.construct(ringwatch.Monitor, [options])).toThrow(
      expect.objectContaining({
        code: 'config',
        violations: [{ path, message: expect.stringMatching(/^expected .+, got .+/) }],
      }),
    );
  });

  it.each(['onNodeDead', 'onNodeSuspect', 'onNodeRecovered'] as const)(
    'takes functions as %s only',
    async (name) => {
      const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
      for (const handler of [5, undefined, null, {}]) {
        expect(() => Reflect.apply(monitor[name], monitor, [handler])).toThrow(
          expect.objectContaining({
            code: 'config',
            message: expect.stringContaining(`${name}: expected a function, got`),
          }),
        );
      }
    },
  );

  it.each(['on', 'once'] as const)('takes functions as listeners only, by %s', async (name) => {
    const monitor = new ringwatch.Monitor({ nodeId: 'a', registry: await open() });
    expect(() => Reflect.apply(monitor[name], monitor, ['dead', 'log'])).toThrow(
      /listener of "dead": expected a function, got "log"/,
    );
  });

  it.each([undefined, null, {}, { nodeId: 'a' }])('made of %j is refused with what is missing', (options) => {
    expect(() => Reflect.construct(ringwatch.Monitor, [options])).toThrow(ringwatch.ConfigError);
  });
});

describe('an agent', () => {
  const place = { preset: 'local', address: '127.0.0.1', host: '127.0.0.1', port: 0 } as const;

  it('has joined when start resolves, and leaves when its signal aborts', async () => {
    const agent = new Agent({ nodeId: 'a', registry: await open(), ...place });
    const abort = new AbortController();
    await agent.start({ signal: abort.signal });
    expect(agent.snapshot()).toMatchObject({ phase: 'running', epoch: 1 });
    abort.abort();
    expect(await agent.whenStopped()).toEqual({ reason: 'stopped', error: null });
    expect(await registry?.readNode('a')).toMatchObject({ lifecycle: 'left' });
  });

  it('does not join under a signal that has aborted', async () => {
    const agent = new Agent({ nodeId: 'a', registry: await open(), ...place });
    await agent.start({ signal: AbortSignal.abort() });
    await agent.whenStopped();
    await registry?.migrate();
    expect(await registry?.readNode('a')).toBeNull();
  });

  it('leaves at the end of the block that uses it', async () => {
    {
      await using agent = new Agent({ nodeId: 'a', registry: await open(), ...place });
      await agent.start();
    }
    expect(await registry?.readNode('a')).toMatchObject({ lifecycle: 'left' });
  });

  it.each([undefined, null, {}, 5])('made of %j is refused with everything that is missing', (options) => {
    expect(() => Reflect.construct(Agent, [options])).toThrow(
      expect.objectContaining({
        code: 'config',
        violations: ['nodeId', 'registry', 'address'].map((path) => expect.objectContaining({ path })),
      }),
    );
  });

  it.each([
    ['registry', undefined],
    ['registry', 'sqlite:./cluster.db'],
    ['logger', {}],
    ['metadataReader', {}],
    ['prober', {}],
    ['internalAddress', 5],
    ['host', 5],
    ['region', {}],
    ['replace', 'yes'],
  ])('is refused with %s %j', async (path, value) => {
    const options = { nodeId: 'a', registry: await open(), address: '127.0.0.1', [path]: value };
    expect(() => Reflect.construct(Agent, [options])).toThrow(
      expect.objectContaining({
        code: 'config',
        violations: [{ path, message: expect.stringMatching(/^expected .+, got .+/) }],
      }),
    );
  });
});

describe('a registry', () => {
  it.each([
    ...['cluster.db', '', 'sqlit:x', 'constructor:x', 'http://h:4001'],
    ...['http://u:secret@h/d', 'http://u:sec/secret@h', 'u:secret@h:4001', 'u:secret', 'rqlit://u:secret'],
  ])('is not opened at %j', async (url) => {
    const refusal = expect(ringwatch.openRegistry(url)).rejects;
    await refusal.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/expected sqlite:<file>, rqlite:/),
    });
    await expect(ringwatch.openRegistry(url)).rejects.not.toThrow(/secret/);
  });

  it.each([
    ['sqlite::memory:', 'expected the path of a SQLite file'],
    ['rqlite://u:secret@h?nope=1', 'rqlite URL: the parameter "nope" is not known'],
    ['rqlites://u:secret@h?ca=/no/such.pem', '/no/such.pem'],
  ])('is refused at %j as a mistake in the configuration', async (url, message) => {
    const refusal = expect(ringwatch.openRegistry(url)).rejects;
    await refusal.toMatchObject({ code: 'config', message: expect.stringContaining(message) });
    await expect(ringwatch.openRegistry(url)).rejects.not.toThrow(/secret/);
  });

  it('of the wrong type is refused too', async () => {
    await expect(Reflect.apply(ringwatch.openRegistry, null, [7])).rejects.toMatchObject({ code: 'config' });
  });

  it('tells its logger of a row that it cannot use', async () => {
    const warn = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
    registry = await ringwatch.openRegistry(`sqlite:${join(folder, 'cluster.db')}`, { logger });
    await registry.migrate();
    const place = { address: '10.0.0.1', internalAddress: null, port: null, region: null };
    const who = { nodeId: 'a', instanceId: 'i', afterEpoch: 0, isNamed: true, hasHandler: false };
    await registry.join({ ...who, ...place });
    const executor = await SqliteExecutor.open(join(folder, 'cluster.db'));
    const line =
      "INSERT INTO node_health_events (observer_id, target_id, status) VALUES ('stranger', 'a', 'dead')";
    await executor.transact([{ sql: line, values: [] }]);
    await executor.close();
    await registry.decide({
      ...{ targetId: 'a', targetEpoch: 1, observerId: 'stranger', observerEpoch: 1, minQuorum: 2 },
      ...{
        isQuorumStrict: false,
        quorumWindowMs: 300_000,
        watchedSince: null,
        newestBeat: 0,
        refutationCount: null,
      },
      ...{ maxDeadFraction: 1 / 3, marks: unknownMarks, flapWindowMs: 0 },
    });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'bad-row' }),
      expect.stringContaining('found "stranger", which says that "a" is dead'),
    );
  });

  it('at an rqlite URL sends nothing until it is used', async () => {
    registry = await ringwatch.openRegistry('rqlite://127.0.0.1:1');
    await expect(registry.readNode('a')).rejects.toBeInstanceOf(ringwatch.RegistryError);
  });
});
