import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { always } from './latency.ts';
import { Network } from './network.ts';
import { VirtualProcess } from './process.ts';
import { seededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { virtualMessenger } from './virtual-messenger.ts';
import { World } from './world.ts';

const sender = { nodeId: 'a', epoch: 1 };

/** Two hosts; every message takes 10 ms. */
function setUp() {
  const scheduler = new Scheduler(async () => void (await nextTurn()));
  const network = new Network(scheduler, seededRandom(1), { latency: always(10), lossRate: 0 });
  const [host, targetHost] = [network.addHost('a', '10.0.0.1'), network.addHost('b', '10.0.0.2')];
  const [process, target] = [new VirtualProcess(scheduler), new VirtualProcess(scheduler)];
  const told: string[] = [];
  const looked = (text: string, address: string): void =>
    void told.push(`${Math.round(scheduler.now)} ${text} from ${address}`);
  targetHost.listeners.set(6001, { process: target, answer: () => ({ nodeId: 'b', epoch: 3 }), looked });
  const messenger = virtualMessenger({ network, process, host });
  const send = (): void =>
    messenger.send(
      { id: 'b', address: '10.0.0.2', port: 6001 },
      { kind: 'look', targetId: 'c', targetEpoch: 7 },
      sender,
    );
  return { scheduler, network, target, targetHost, told, send };
}

it('a message arrives as the text that a real one has', async () => {
  const { scheduler, told, send } = setUp();
  send();
  await scheduler.runTo(100);
  expect(told).toEqual(['10 1 a 7 c from 10.0.0.1']);
});

it.each([
  ['lost', []],
  ['late', [510]],
  ['doubled', [10, 510]],
] as const)('one that is %s comes as often', async (how, instants) => {
  const { scheduler, network, told, send } = setUp();
  const heal = network.messages.fault({ how, rate: 1, lateness: always(500) });
  send();
  await scheduler.runTo(1_000);
  expect(told.map((line) => Number.parseInt(line, 10))).toEqual(instants);
  heal();
  send();
  await scheduler.runTo(2_000);
  expect(told).toHaveLength(instants.length + 1);
});

it('one to a process that stands still waits for it, and one to a host that is down is lost', async () => {
  const { scheduler, target, targetHost, told, send } = setUp();
  target.pause(500, 'stalled');
  send();
  await scheduler.runTo(1_000);
  expect(told.map((line) => Number.parseInt(line, 10))).toEqual([500]);
  targetHost.isUp = false;
  send();
  await scheduler.runTo(2_000);
  expect(told).toHaveLength(1);
});

it('a flood of thousands a second costs a node a bounded number of probes', async () => {
  let probeCount = 0;
  const world = new World({
    seed: 1,
    nodes: 5,
    preset: 'local',
    settings: { hints: true },
    probeTaps: [{ began: () => void probeCount++ }],
  });
  await world.runFor(20_000);
  const quiet = await count();
  world.forgeLooks('node-03', 5_000);
  const flooded = await count();
  expect(quiet).toBeGreaterThan(0);
  expect(flooded - quiet).toBeLessThan(20);
  expect(world.history.of('suspect')).toEqual([]);

  async function count(): Promise<number> {
    const before = probeCount;
    await world.runFor(10_000);
    return probeCount - before;
  }
});
