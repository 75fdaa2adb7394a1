/** Cases: what is read of the whole cluster: nodes, statements, the brake, and who works on a recovery. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseMs } from './registry-requests.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

export const clusterCases: readonly RegistryContractCase[] = [
  five('rows are counted: nodes, statements and verdicts, each up to a limit', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.say(b, 'suspect', a);
    // Five nodes, three statements, one verdict.
    expectSame(await stage.registry.countRows(100), 9, 'all');
    expectSame(await stage.registry.countRows(2), 5, 'of each two at most');
  }),
  five(
    'the whole cluster: nodes in byte order, standing statements, open verdicts first',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.kill(d, a, b);
      await stage.say(b, 'suspect', a);
      const cluster = await stage.registry.readCluster({});
      expectSame(
        cluster.nodes.map(({ id, lifecycle }) => [id, lifecycle]),
        [
          ['a', 'alive'],
          ['b', 'alive'],
          ['c', 'dead'],
          ['d', 'dead'],
          ['e', 'alive'],
        ],
        'the nodes',
      );
      expectSame(
        cluster.verdicts.map(({ nodeId, resolution }) => [nodeId, resolution]),
        [
          ['d', null],
          ['c', 'completed'],
        ],
        'the verdicts',
      );
      expectSame(
        cluster.statements.map(({ targetId, observerId, status, isValid }) => [
          targetId,
          observerId,
          status,
          isValid,
        ]),
        [
          ['a', 'b', 'suspect', true],
          ['c', 'a', 'dead', true],
          ['c', 'b', 'dead', true],
          ['d', 'a', 'dead', true],
          ['d', 'b', 'dead', true],
        ],
        'the statements',
      );
      expectLike(cluster, { memberCount: 5, unresolvedCount: 2 }, "the brake's facts");
    },
  ),
  five(
    'of departed nodes no more are read than asked for, the newest and those with an open verdict; the others are counted',
    async (stage, a, b, c, d, e) => {
      await stage.kill(d, a, b);
      await stage.finish(d, await stage.mustClaim(a, d));
      await stage.kill(c, a, b);
      await stage.registry.leave({ nodeId: e.nodeId, epoch: e.epoch });
      const read = async (departedLimit: number): Promise<unknown> => {
        const { nodes, omitted } = await stage.registry.readCluster({ departedLimit });
        return [nodes.map(({ id }) => id).join(''), omitted];
      };
      expectSame(await read(0), ['abc', { left: 1, dead: 1 }], 'with a limit of 0');
      expectSame(await read(1), ['abce', { left: 0, dead: 1 }], 'with a limit of 1');
      const { nodes, omitted } = await stage.registry.readCluster({});
      expectSame([nodes.length, omitted], [5, { left: 0, dead: 0 }], 'without a limit');
    },
  ),
  five('a statement of an earlier epoch is shown, and is not valid', async (stage, a, b) => {
    await stage.say(a, 'dead', b);
    await stage.join('a');
    const { statements } = await stage.registry.readCluster({});
    expectLike(statements[0], { observerId: 'a', observerEpoch: 1, isValid: false }, 'the statement');
  }),
  five('a write on trial is done as often as it is asked for, and leaves nothing', async (stage, a) => {
    const before = [await stage.events(), await stage.round(a)];
    for (let count = 0; count < 3; count++)
      expectSame(await stage.registry.tryWrite(), undefined, 'the answer');
    expectSame([await stage.events(), await stage.round(a)], before, 'what is read');
  }),
  scene('an unknown node is null', async ({ registry }) => {
    expectSame(await registry.readNode('stranger'), null, 'the node');
  }),
  scene(
    'the brake of the whole cluster is counted by the rule of the decision',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd']) lives.push(await stage.join(id, { hasHandler: false }));
      const [a, b, c] = lives as [Life, Life, Life];
      await stage.kill(c, a, b);
      const brake = async (brakeWindowMs?: number): Promise<unknown> => {
        const request = brakeWindowMs === undefined ? {} : { brakeWindowMs };
        const { unresolvedCount, memberCount } = await stage.registry.readCluster(request);
        return [unresolvedCount, memberCount];
      };
      expectSame(await brake(60_000), [1, 4], 'at once');
      await stage.advance(61_000);
      expectSame(await brake(60_000), [0, 3], 'when the window has passed and no node has a handler');
      expectSame(await brake(), [1, 4], 'without a window');
      await stage.registry.setHandler({ ...a, hasHandler: true });
      expectSame(await brake(60_000), [1, 4], 'when a node has one');
      await stage.registry.leave(a);
      expectSame(await brake(60_000), [0, 2], 'when that node has left');
    },
    ['clock'],
  ),
  five(
    'of a recovery one reads whether a lease runs, has run out, or its attempt has failed',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'before the claim');
      const lease = await stage.mustClaim(a, c);
      await stage.advance(1_000);
      expectSame(await holdOf(stage), { leaseLeftMs: 'ahead', retryInMs: null }, 'under the lease');
      await stage.finish(c, lease, 'failed', 'no');
      await stage.advance(1_000);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: 'ahead' }, 'during the backoff');
      await stage.advance(5_000);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: 0 }, 'after it');
      const last = await stage.mustClaim(b, c);
      await stage.advance(leaseMs);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'when the lease has run out');
      await stage.finish(c, last);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'when it is resolved');
    },
    ['clock'],
  ),
];

async function holdOf(stage: Scene): Promise<unknown> {
  const { verdicts } = await stage.registry.readCluster({});
  const { leaseLeftMs, retryInMs } = verdicts[0] ?? {};
  return { leaseLeftMs: within(leaseLeftMs, leaseMs), retryInMs: within(retryInMs, 5_000) };
}

/** `ahead` for what is between 0 and `lengthMs`: a real clock has gone on meanwhile. */
function within(leftMs: number | null | undefined, lengthMs: number): unknown {
  return typeof leftMs === 'number' && leftMs > 0 && leftMs < lengthMs ? 'ahead' : leftMs;
}
