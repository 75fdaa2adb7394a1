/** Cases: heartbeats, and their place in the registry's one order of all heartbeats and joins. */
import { expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, scene } from './registry-scene.ts';

export const heartbeatCases: readonly RegistryContractCase[] = [
  scene('each heartbeat of the present epoch is heard, and its row shows a higher place', async (stage) => {
    const a = await stage.join('a');
    const orders = [(await stage.registry.readNode('a'))?.beatOrder ?? 0];
    for (let count = 0; count < 3; count++) {
      expectSame(await stage.registry.heartbeat(a), 'beating', 'the heartbeat');
      orders.push((await stage.registry.readNode('a'))?.beatOrder ?? 0);
    }
    expectRising([0, ...orders]);
    const { ownBeat, self } = await stage.round(a);
    expectSame([ownBeat?.order, self?.beatOrder], [orders.at(-1), orders.at(-1)], 'as a round tells it');
  }),
  scene(
    'a heartbeat of an epoch that is over, of one that left, and of a stranger says so',
    async (stage) => {
      const old = await stage.join('a');
      const a = await stage.join('a');
      expectSame(await stage.registry.heartbeat(old), 'over', 'the old epoch');
      expectSame(await stage.registry.heartbeat(a), 'beating', 'the present epoch');
      await stage.registry.leave(a);
      expectSame(await stage.registry.heartbeat(a), 'over', 'the epoch that left');
      const stranger = { nodeId: 'stranger', epoch: 1 };
      expectSame(await stage.registry.heartbeat(stranger), 'forgotten', 'the stranger');
    },
  ),
  scene('a heartbeat of an epoch that is over changes no place', async (stage) => {
    const old = await stage.join('a');
    await stage.join('a');
    const before = (await stage.registry.readNode('a'))?.beatOrder;
    await stage.registry.heartbeat(old);
    expectSame((await stage.registry.readNode('a'))?.beatOrder, before, 'the place');
  }),
  // Two of the same moment may share a place: silence asks only what came before an own one of a full watch ago.
  five('heartbeats at the same moment have places above all before them', async (stage, ...lives) => {
    const other = await stage.another();
    const joined = (await stage.registry.readCluster({})).nodes.map(({ beatOrder }) => beatOrder);
    await Promise.all(lives.map((life, index) => (index % 2 === 0 ? stage.registry : other).heartbeat(life)));
    const { nodes } = await stage.registry.readCluster({});
    const orders = nodes.map(({ beatOrder }) => beatOrder);
    expectThat(Math.min(...orders) > Math.max(...joined), 'places above those of the joins', orders);
  }),
  scene(
    "a round tells a node its own epoch's newest heartbeat, with its place in the order of all nodes'",
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      const first = (await stage.round(a)).ownBeat;
      const orders = [first, (await stage.round(b)).ownBeat];
      await stage.advance(5_000);
      await stage.beat(a);
      const beat = (await stage.round(a)).ownBeat;
      orders.push(beat);
      // A registry may have a clock that goes on between two calls.
      const passedMs = (beat?.at ?? 0) - (first?.at ?? 0);
      expectThat(passedMs >= 5_000 && passedMs < 60_000, 'about 5 s between the two', passedMs);
      const next = await stage.join('a');
      expectSame((await stage.round(a)).ownBeat, null, 'what is told an epoch that is over');
      orders.push((await stage.round(next)).ownBeat);
      await stage.beat(b);
      orders.push((await stage.round(b)).ownBeat);
      expectRising(orders.map((one) => one?.order ?? 0));
      const stranger = { nodeId: 'stranger', epoch: 1 };
      expectSame((await stage.round(stranger)).ownBeat, null, 'what is told a stranger');
    },
    ['clock'],
  ),
  scene(
    'places rise although the clock is set back',
    async (stage) => {
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      const before = (await stage.round(b)).ownBeat?.order ?? 0;
      await stage.advance(-3_600_000);
      await stage.beat(a);
      expectRising([before, (await stage.round(a)).ownBeat?.order ?? 0]);
    },
    ['clock'],
  ),
];

function expectRising(places: readonly number[]): void {
  expectThat(
    places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0)),
    'a higher place each time',
    places,
  );
}
