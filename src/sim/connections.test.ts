import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createVirtualAbort } from './abort.ts';
import { always } from './latency.ts';
import { Network } from './network.ts';
import { VirtualProcess } from './process.ts';
import { seededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { virtualProber } from './virtual-prober.ts';

const sender = { nodeId: 'a', epoch: 1 };

/** Two hosts; every message takes 10 ms; the first probe has been answered, so that a connection is kept. */
async function setUp() {
  const scheduler = new Scheduler(async () => void (await nextTurn()));
  const network = new Network(scheduler, seededRandom(1), { latency: always(10), lossRate: 0 });
  const [host, targetHost] = [network.addHost('a', '10.0.0.1'), network.addHost('b', '10.0.0.2')];
  const [observer, target] = [new VirtualProcess(scheduler), new VirtualProcess(scheduler)];
  const told: string[] = [];
  const say = (what: string): void => void told.push(`${Math.round(scheduler.now)} ${what}`);
  targetHost.listeners.set(6001, {
    process: target,
    answer: () => ({ nodeId: 'b', epoch: 3 }),
    probed: ({ nodeId }, nextDueMs) => say(`probed by ${nodeId}, again in ${nextDueMs}`),
    observerClosed: ({ nodeId }) => say(`${nodeId} has closed`),
  });
  const prober = virtualProber({ scheduler, network, process: observer, host, taps: [] });
  prober.onClosed?.((id) => say(`closed by ${id}`));
  const probe = (isFresh = false): void =>
    void prober
      .probe(
        { id: 'b', address: '10.0.0.2', port: 6001 },
        { timeoutMs: 100, signal: createVirtualAbort().signal, sender, isFresh, nextDueMs: 500 },
      )
      .then((outcome) => say(outcome.kind === 'failure' ? outcome.failure : outcome.kind));
  probe();
  await scheduler.runTo(1_000);
  const end = (of: 'observer' | 'target', isHostUp: boolean): void => {
    const [itsHost, process] = of === 'target' ? [targetHost, target] : [host, observer];
    process.end();
    itsHost.listeners.clear();
    itsHost.isUp = isHostUp;
    network.connections.processEnded(itsHost, process);
  };
  return { scheduler, network, targetHost, target, told, probe, end };
}

describe('kept connections', () => {
  it('tell a target who asks, and when again', async () => {
    const { told } = await setUp();
    expect(told).toEqual(['10 probed by a, again in 500', '20 answer']);
  });

  it('close with the process on a host that lives, and the next probe is refused', async () => {
    const { scheduler, told, probe, end } = await setUp();
    end('target', true);
    probe();
    await scheduler.runTo(2_000);
    expect(told.slice(2).toSorted()).toEqual(['1010 closed by b', '1020 refused']);
  });

  it('say nothing when the host is gone: a kept one has a kind of its own, a new one finds none', async () => {
    const { scheduler, told, probe, end } = await setUp();
    end('target', false);
    probe(true);
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual(['1100 no-connection']);
  });

  it('are silent on a paused target, and a new one is accepted without an answer', async () => {
    const { scheduler, target, told, probe } = await setUp();
    target.pause(10_000, 'stalled');
    probe();
    scheduler.after(500, () => probe(true));
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual(['1100 kept-connection', '1600 no-answer']);
  });

  it('tell the target when the process of its observer ends', async () => {
    const { scheduler, told, end } = await setUp();
    end('observer', true);
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual(['1010 a has closed']);
  });

  it('are closed at both ends by a proxy that restarts, and the next probe is answered', async () => {
    const { scheduler, network, targetHost, told, probe } = await setUp();
    network.connections.spoil(targetHost, 'closed');
    scheduler.after(100, () => probe());
    await scheduler.runTo(2_000);
    expect(told.slice(2).toSorted()).toEqual([
      '1010 a has closed',
      '1010 closed by b',
      '1110 probed by a, again in 500',
      '1120 answer',
    ]);
  });

  it('are silent when half open until a new one takes their place', async () => {
    const { scheduler, network, targetHost, told, probe } = await setUp();
    network.connections.spoil(targetHost, 'half-open');
    probe();
    scheduler.after(200, () => probe(true));
    scheduler.after(400, () => probe());
    await scheduler.runTo(2_000);
    expect(told.filter((line) => !line.includes('probed')).slice(1)).toEqual([
      '1100 kept-connection',
      '1220 answer',
      '1420 answer',
    ]);
  });

  it('are closed by an observer whose question was not answered, and the target hears of that', async () => {
    const { scheduler, network, told, probe } = await setUp();
    network.fault({ from: ['b'] });
    probe();
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual([
      '1010 probed by a, again in 500',
      '1100 kept-connection',
      '1110 a has closed',
    ]);
  });

  it('are reset at the target when its answer is refused on its way', async () => {
    const { scheduler, network, told, probe } = await setUp();
    network.fault({ from: ['b'], how: 'refused' });
    probe();
    scheduler.after(50, () => network.fault({ from: ['a'] }));
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual([
      '1010 probed by a, again in 500',
      '1010 a has closed',
      '1100 kept-connection',
    ]);
  });

  it('do not tell of a close that the link loses', async () => {
    const { scheduler, network, told, end } = await setUp();
    network.fault({ from: ['b'] });
    end('target', true);
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual([]);
  });

  it('are refused by a firewall that resets, while the target lives', async () => {
    const { scheduler, network, told, probe } = await setUp();
    network.fault({ to: ['b'], how: 'refused' });
    probe(true);
    await scheduler.runTo(2_000);
    expect(told.slice(2)).toEqual(['1010 refused']);
  });
});
