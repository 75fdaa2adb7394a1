/** Cases: what an import takes in of rows that were written long before it, or many at once. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed, passes, saysDead } from './registry-mixed-scene.ts';
import { windowMs } from './registry-requests.ts';
import type { Scene } from './registry-scene.ts';

export const originalImportCases: readonly RegistryContractCase[] = [
  mixed(
    "another program's word takes a node off the ring only while it stands, though the node has stopped",
    async (stage, a) => {
      const row = await stage.original.readNode('b');
      await stage.original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'draining' });
      for (let count = 0; count < 2; count++) await stage.imported(a);
      expectSame(await stage.lifecycleFor(a, 'b'), 'away', 'the node while the word stands');
      await stage.original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'active' });
      await stage.imported(a);
      expectSame((await stage.ring(a)).includes('b'), true, 'the node on the ring');
      expectLike(
        await stage.registry.readNode('b'),
        { lifecycle: 'alive', status: 'active' },
        'the node after it',
      );
    },
  ),
  mixed(
    'a suspicion of the original ends with its recovered row, though the target has returned',
    async (stage, a, b) => {
      const n = await stage.join('n');
      await stage.original.appendEvent({ observerId: 'y', targetId: 'n', status: 'suspect' });
      await stage.imported(a);
      await stage.kill(n, a, b);
      await stage.original.appendEvent({ observerId: 'y', targetId: 'n', status: 'recovered' });
      for (const observer of [a, b]) await stage.say(observer, 'recovered', n, 1);
      await stage.imported(a);
      expectSame((await stage.round(n)).accuserIds, [], 'who accuses it');
    },
  ),
  mixed(
    'a dead node whose accusers have left begins its next epoch with its own heartbeat',
    async (stage, a, b) => {
      const c = await stage.join('c');
      const [x, next] = [
        { nodeId: 'x', epoch: 0 },
        { nodeId: 'x', epoch: 1 },
      ];
      await stage.kill(x, a, b);
      await beats(stage, 10_000);
      await stage.imported(c);
      expectSame(await stage.lifecycleFor(c, 'x'), 'dead', 'the node while its verdict is open');
      await stage.finish(x, await stage.mustClaim(a, x));
      await stage.registry.leave(a);
      await beats(stage, 20_000);
      await stage.imported(c);
      expectSame(await stage.lifecycleFor(c, 'x'), 'dead', 'the node while an accuser can take it back');
      await stage.registry.leave(b);
      await stage.imported(c);
      expectSame(await stage.lifecycleFor(c, 'x'), 'dead', 'the node without a heartbeat');
      await beats(stage, 30_000);
      await stage.imported(c);
      expectSame(await stage.lifecycleFor(c, 'x'), 'alive', 'the node with one');
      expectLike(await stage.registry.readNode('x'), { epoch: 1, decisionCount: 0 }, 'its row');
      expectSame((await stage.ring(c)).includes('x'), true, 'the node on the ring');
      expectLike(await stage.decide(c, next), { reason: 'votes', voteCount: 0 }, 'the votes on it');
    },
  ),
  mixed(
    'a step of the clock puts no node of the original off the ring, nor from among the voters',
    async (stage, a, b) => {
      await stage.say(a, 'dead', b);
      for (let count = 0; count < 3; count++) {
        await stage.advance(windowMs + 300_000);
        const watch = await stage.watchFrom(a);
        await stage.say(a, 'dead', b);
        expectLike(await stage.decide(a, b, watch), { reason: 'votes', voteCount: 1, quorum: 2 }, 'one vote');
        await passes(stage, a, windowMs - 60_000);
        expectSame((await stage.ring(a)).includes('x'), true, 'the ring before the window has ended');
      }
      await passes(stage, a, 120_000);
      expectSame((await stage.ring(a)).includes('x'), false, 'the ring when it has ended');
    },
    ['original', 'clock'],
  ),
  mixed('what is said of a node counts, however many others are new', async (stage, a) => {
    for (let index = 0; index < 600; index++)
      await stage.original.putNode({ id: `n${String(index).padStart(3, '0')}`, ipAddress: '192.0.2.9' });
    await saysDead(stage, 'n598', 'n599');
    for (let count = 0; count < 2; count++) await stage.imported(a);
    expectLike(
      await stage.decide(a, { nodeId: 'n599', epoch: 0 }),
      { reason: 'votes', voteCount: 1 },
      'the votes on it',
    );
  }),
];

/** A heartbeat of x: any other time than before. */
async function beats(stage: Scene, agoMs: number): Promise<void> {
  await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', lastSeen: stage.original.timeAgo(agoMs) });
}
