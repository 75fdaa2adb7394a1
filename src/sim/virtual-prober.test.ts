import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ProbeOutcome } from '../core/probe.ts';
import { createVirtualAbort } from './abort.ts';
import { always } from './latency.ts';
import { Network } from './network.ts';
import { VirtualProcess } from './process.ts';
import { seededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { virtualProber } from './virtual-prober.ts';

const drain = async (): Promise<void> => void (await nextTurn());

function setUp() {
  const scheduler = new Scheduler(drain);
  const network = new Network(scheduler, seededRandom(1), { latency: always(10), lossRate: 0 });
  const process = new VirtualProcess(scheduler);
  const prober = virtualProber({
    scheduler,
    network,
    process,
    host: network.addHost('a', '10.0.0.1'),
    taps: [],
  });
  const targetHost = network.addHost('b', '10.0.0.2');
  const target = new VirtualProcess(scheduler);
  targetHost.listeners.set(6001, { process: target, answer: () => ({ nodeId: 'b', epoch: 3 }) });
  const abort = createVirtualAbort();
  const ended: { outcome: ProbeOutcome; at: number }[] = [];
  const probe = (address = '10.0.0.2', port = 6001): void =>
    void prober
      .probe({ id: 'b', address, port }, { timeoutMs: 1_000, signal: abort.signal })
      .then((outcome) => {
        ended.push({ outcome, at: Math.round(scheduler.now) });
      });
  return { scheduler, network, process, target, targetHost, abort, ended, probe };
}

describe('virtualProber', () => {
  it('brings the answer after the way there and back', async () => {
    const { scheduler, probe, ended } = setUp();
    probe();
    await scheduler.runTo(5_000);
    expect(ended).toEqual([{ outcome: { kind: 'answer', nodeId: 'b', epoch: 3 }, at: 20 }]);
  });

  it.each([
    [
      'a port where nothing listens refuses',
      'refused',
      20,
      (w: ReturnType<typeof setUp>) => w.probe('10.0.0.2', 1),
    ],
    [
      'a machine that is down says nothing',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.targetHost.isUp = false;
        w.probe();
      },
    ],
    [
      'an address of no machine says nothing',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => w.probe('10.9.9.9'),
    ],
    [
      'an address that is none is told at once',
      'bad-address',
      0,
      (w: ReturnType<typeof setUp>) => w.probe('10.0.0.1/x?#'),
    ],
    [
      'a way there that is longer than the timeout ends in time',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.network.holdMessages(['b'], 3_000);
        w.probe();
      },
    ],
    [
      'a cut on the way there drops',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.network.fault({ from: ['a'], to: ['b'] });
        w.probe();
      },
    ],
    [
      'a cut on the way back drops',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.network.fault({ from: ['b'] });
        w.probe();
      },
    ],
    [
      'a rejecting cut is told at once',
      'no-connection',
      10,
      (w: ReturnType<typeof setUp>) => {
        w.network.fault({ to: ['b'], how: 'rejected' });
        w.probe();
      },
    ],
    [
      'a target that is paused for long accepts, and says nothing in time',
      'no-answer',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.target.pause(60_000, 'stalled');
        w.probe();
      },
    ],
    [
      'an answer slower than the timeout is a timeout',
      'no-connection',
      1_000,
      (w: ReturnType<typeof setUp>) => {
        w.network.fault({ extraLatency: always(600) });
        w.probe();
      },
    ],
  ] as const)('%s', async (_, failure, at, act) => {
    const world = setUp();
    act(world);
    await world.scheduler.runTo(100_000);
    expect(world.ended).toMatchObject([{ outcome: { kind: 'failure', failure }, at }]);
  });

  it('hears a target that was paused for a short while, late', async () => {
    const { scheduler, target, probe, ended } = setUp();
    target.pause(500, 'stalled');
    probe();
    await scheduler.runTo(5_000);
    expect(ended).toMatchObject([{ outcome: { kind: 'answer' }, at: 510 }]);
  });

  it('is told of a timeout before the late answer when the observer itself was paused', async () => {
    const { scheduler, process, network, probe, ended } = setUp();
    network.fault({ from: ['a'] });
    probe();
    scheduler.after(1, () => process.pause(4_000, 'stalled'));
    await scheduler.runTo(10_000);
    expect(ended).toMatchObject([{ outcome: { kind: 'failure', failure: 'no-connection' }, at: 4_001 }]);
  });

  it('settles as aborted when the signal says so', async () => {
    const { scheduler, abort, probe, ended } = setUp();
    probe();
    scheduler.after(5, () => abort.abort());
    await scheduler.runTo(5_000);
    expect(ended).toEqual([{ outcome: { kind: 'aborted' }, at: 5 }]);
  });

  it('finds a link that flips between bad and good in both states', async () => {
    const { scheduler, network, probe, ended } = setUp();
    network.fault({ to: ['b'], flipFlop: { badMs: 20_000, goodMs: 20_000 } });
    for (const at of [5_000, 25_000, 45_000]) scheduler.after(at, () => probe());
    await scheduler.runTo(100_000);
    expect(ended.map(({ outcome }) => outcome.kind)).toEqual(['failure', 'answer', 'failure']);
  });

  it('loses the part of the messages that it should', async () => {
    const { scheduler, network, probe, ended } = setUp();
    network.setOptions({ lossRate: 0.1 });
    for (let index = 0; index < 2_000; index++) probe();
    await scheduler.runTo(5_000);
    const lost = ended.filter(({ outcome }) => outcome.kind === 'failure').length;
    // Two messages a probe: 1 - 0.9² = 19 %.
    expect(lost / 2_000).toBeGreaterThan(0.16);
    expect(lost / 2_000).toBeLessThan(0.22);
  });
});
