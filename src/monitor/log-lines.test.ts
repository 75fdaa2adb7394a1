/** What a person reads in the log of a monitor. */
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import type { LogFields } from '../ports/logger.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';
import { RingMonitor } from './monitor.ts';
import type { MonitorOptions } from './options.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A monitor of node `a` beside `b`, which answers nothing, and `c`, which answers. */
async function setUp(options: Partial<MonitorOptions> = {}, wrap = (registry: Registry) => registry) {
  const clock = new ManualClock();
  const registry = new MemoryRegistry({ now: () => clock.wallNow() });
  for (const nodeId of ['a', 'b', 'c']) {
    await registry.join({
      ...{ nodeId, address: '10.0.0.1', internalAddress: null, port: 6001, region: null, isNamed: true },
      ...{ hasHandler: false, instanceId: nodeId, afterEpoch: 0 },
    });
  }
  const lines: Line[] = [];
  let draws = 0;
  const at = (level: string) => (fields: LogFields, message: string) =>
    void lines.push({ level, message, fields });
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const monitor = new RingMonitor(
    {
      ...{
        nodeId: 'a',
        registry: wrap(registry),
        epoch: 1,
        preset: 'local',
        startupGracePeriodMs: 0,
        logger,
      },
      ...options,
    },
    {
      ...{ clock, random: { next: () => (++draws % 997) / 997 }, createAbort: () => new AbortController() },
      prober: {
        probe: async ({ id }) =>
          id === 'b'
            ? { kind: 'failure', failure: 'refused', detail: 'ECONNREFUSED', durationMs: 1 }
            : { kind: 'answer', nodeId: id, epoch: 1, durationMs: 1 },
        close: async () => {},
      },
    },
  );
  const messages = (): string[] => lines.map(({ level, message }) => `${level}: ${message}`);
  return { clock, registry, monitor, lines, messages };
}

it('a log says when the monitor starts and stops, and what a death is waiting for', async () => {
  const { clock, monitor, messages, lines } = await setUp();
  void monitor.start();
  await clock.run(20_000);
  await monitor.stop();
  expect(messages()[0]).toBe('info: the monitor has started, as epoch 1');
  expect(messages().at(-1)).toBe('info: the monitor has stopped');
  const waiting = messages().filter((message) => message.includes('quorum'));
  expect(waiting).toEqual(['info: the death of node b is waiting for quorum (1 of 2)']);
  const { fields } = lines.find(({ message }) => message.includes('quorum')) ?? { fields: {} };
  expect(fields).toEqual({
    ...{ component: 'ringwatch-monitor', nodeId: 'a', event: 'waiting-for-quorum' },
    ...{ targetId: 'b', targetEpoch: 1, voteCount: 1, quorum: 2 },
  });
});

it('a log tells of a write that failed once, however often it is tried again', async () => {
  const full = (registry: Registry): Registry =>
    new Proxy(registry, {
      get: (target, name) =>
        name === 'record'
          ? () => Promise.reject(new RegistryError('unavailable', 'the disk is full'))
          : (Reflect.get(target, name, target) as (...args: unknown[]) => unknown).bind(target),
    });
  const { clock, monitor, messages } = await setUp({}, full);
  void monitor.start();
  await clock.run(20_000);
  await monitor.stop();
  expect(messages().filter((message) => message.includes('could not be written'))).toEqual([
    'warn: "suspect" of node b could not be written, and is tried again: the disk is full',
  ]);
});

it('a log has a line for each probe only where that is asked for', async () => {
  for (const logProbes of [undefined, true]) {
    const { clock, monitor, lines } = await setUp({ logProbes });
    void monitor.start();
    await clock.run(5_000);
    await monitor.stop();
    const probes = lines.filter(({ level }) => level === 'debug');
    expect(probes.length > 0, String(logProbes)).toBe(logProbes === true);
  }
});

it('in every line of a log `nodeId` is this node, and `targetId` the one that is spoken of', async () => {
  const { clock, registry, monitor, lines } = await setUp({ logProbes: true });
  void monitor.start();
  await clock.run(3_000);
  await registry.leave({ nodeId: 'c', epoch: 1 });
  await clock.run(3_000);
  await monitor.stop();
  const about = new Map(lines.map(({ fields }) => [fields['event'], fields['targetId']]));
  for (const { fields } of lines) expect(fields['nodeId']).toBe('a');
  expect([about.get('suspect'), about.get('left'), about.get('started')]).toEqual(['b', 'c', 'a']);
});
