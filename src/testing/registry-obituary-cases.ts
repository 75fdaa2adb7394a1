/** Cases: a node's own agent declares its epoch over, since its application has died. */
import { unknownMarks } from '../core/marks.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

/** Lets x join beside the others, with the instance id `x1`. */
function joinX(stage: Scene): Promise<Life> {
  return stage.join('x', { instanceId: 'x1' });
}

const alive = (reason: string): object => ({ outcome: 'alive', reason });

export const obituaryCases: readonly RegistryContractCase[] = [
  five(
    'an obituary is a verdict without votes, with its reason, and recovered as any other',
    async (stage, a) => {
      const x = await joinX(stage);
      const answer = await stage.bury(x, 'x1');
      if (answer.outcome !== 'dead') throw new Error(`expected a verdict, was answered ${answer.outcome}`);
      const { nodeId, epoch, votes, quorum, reason } = answer.verdict;
      expectSame([nodeId, epoch, votes, quorum, reason], ['x', 1, [], 0, 'HTTP 500'], 'the verdict');
      expectSame(answer.isNew, true, 'whether it is new');
      expectLike(await stage.registry.readNode('x'), { lifecycle: 'dead', decisionCount: 1 }, 'the node');
      expectLike(await stage.bury(x, 'x1'), { outcome: 'dead', isNew: false }, 'the same word once more');
      expectSame(
        (await stage.events())
          .slice(-2)
          .map(({ kind, observerId, detail }) => [kind, observerId, detail['reason']]),
        [
          ['obituary', 'x', 'HTTP 500'],
          ['verdict', 'x', 'HTTP 500'],
        ],
        'the log',
      );
      const { openVerdicts } = await stage.round(a);
      expectSame(
        openVerdicts.map(({ isClaimable, verdict }) => [isClaimable, verdict.nodeId, verdict.reason]),
        [[true, 'x', 'HTTP 500']],
        'the open verdicts of a round',
      );
      expectSame(await stage.finish(x, await stage.mustClaim(a, x)), 'recorded', 'the end of the recovery');
    },
  ),
  five('only the holder of the instance id of an epoch can declare it over', async (stage) => {
    const x = await joinX(stage);
    expectSame(await stage.bury(x, 'x0'), alive('unknown'), 'the word of another instance');
    expectSame(
      await stage.bury({ nodeId: 'y', epoch: 1 }, 'y1'),
      alive('unknown'),
      'of a node without a row',
    );
    await stage.join('x', { instanceId: 'x2' });
    expectSame(await stage.bury(x, 'x1'), alive('newer-epoch'), 'of an epoch that is over');
    expectLike(
      await stage.registry.readNode('x'),
      { lifecycle: 'alive', epoch: 2, obituary: null },
      'the node',
    );
    expectSame((await stage.eventKinds()).includes('obituary'), false, 'a line in the log');
  }),
  five('a node in maintenance or one that left gets no obituary', async (stage) => {
    const x = await joinX(stage);
    await stage.registry.setMaintenance({ nodeId: 'x', durationMs: 60_000 });
    expectSame(await stage.bury(x, 'x1'), alive('maintenance'), 'in maintenance');
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'maintenance', obituary: null }, 'the node');
    await stage.registry.setMaintenance({ nodeId: 'x', durationMs: 0 });
    expectLike(await stage.bury(x, 'x1'), { outcome: 'dead', isNew: true }, 'after its maintenance');
    const y = await stage.join('y', { instanceId: 'y1' });
    await stage.registry.leave(y);
    expectSame(await stage.bury(y, 'y1'), alive('left'), 'of a node that left');
  }),
  five('an obituary past the limit of the brake stands, and needs no votes later', async (stage, a, b, c) => {
    const x = await joinX(stage);
    const request = { maxDeadFraction: 0.01 };
    await stage.kill(c, a, b);
    const held = { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 };
    expectSame(await stage.bury(x, 'x1', request), held, 'while one death is unresolved');
    expectSame(await stage.bury(x, 'x1', { ...request, reason: 'HTTP 502' }), held, 'said again');
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'alive', obituary: 'HTTP 500' }, 'the node');
    expectSame((await stage.ring(a)).includes('x'), true, 'its place on the ring');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'obituary').length,
      1,
      'lines in the log',
    );
    expectSame(await stage.decide(a, x, request), held, 'the question of an observer');
    await stage.finish(c, await stage.mustClaim(a, c));
    // However the brake is to let go, an operator's word does.
    const answer = await stage.decide(a, x, { ...request, maxDeadFraction: 1 });
    expectLike(answer, { outcome: 'dead', isNew: true }, 'later');
    expectSame(answer.outcome === 'dead' ? answer.verdict.votes : null, [], 'its votes');
  }),
  five(
    'a join ends an obituary, and closes its verdict while no node has claimed it',
    async (stage, a, b, c) => {
      const x = await joinX(stage);
      await stage.bury(x, 'x1');
      const again = await stage.join('x', { instanceId: 'x2' });
      expectLike(
        await stage.registry.readNode('x'),
        { lifecycle: 'alive', epoch: 2, obituary: null },
        'the node',
      );
      expectSame(await stage.claim(a, x), { outcome: 'refused', reason: 'resolved' }, 'a claim');
      await stage.kill(c, a, b);
      await stage.bury(again, 'x2', { maxDeadFraction: 0.01 });
      expectLike(await stage.registry.readNode('x'), { obituary: 'HTTP 500' }, 'one that stands');
      const third = await stage.join('x', { instanceId: 'x3' });
      expectLike(
        await stage.registry.readNode('x'),
        { lifecycle: 'alive', obituary: null },
        'after the next join',
      );
      expectLike(
        await stage.decide(a, third),
        { outcome: 'pending', reason: 'votes' },
        'a question about it',
      );
    },
  ),
  five('no observer takes back what the agent of the node itself has said', async (stage, a) => {
    const x = await joinX(stage);
    await stage.say(a, 'suspect', x);
    await stage.bury(x, 'x1');
    await stage.say(a, 'recovered', x);
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'dead' }, 'the node');
    expectLike(await stage.claim(a, x), { outcome: 'claimed' }, 'a claim');
  }),
  five('a heartbeat does not bring a node back whose own agent has declared it dead', async (stage) => {
    const x = await joinX(stage);
    await stage.beat(x);
    await stage.bury(x, 'x1');
    expectSame(await stage.registry.heartbeat(x), 'over', 'its heartbeat');
    expectLike(await stage.registry.readNode('x'), { lifecycle: 'dead', status: 'inactive' }, 'the node');
  }),
  scene(
    'with the verdict of an obituary the row of dns_nodes goes, as with a leave',
    async (stage) => {
      const [a] = (await stage.joinAll('a', 'b', 'c', 'd', 'e')) as [Life];
      const x = await joinX(stage);
      await stage.bury(x, 'x1');
      const row = await stage.original.readNode('x');
      expectLike(row, { status: 'inactive' }, 'its row');
      await stage.imported(a);
      expectLike(await stage.registry.readNode('x'), { lifecycle: 'dead' }, 'the node after an import');
      await stage.join('x', { instanceId: 'x2' });
      const later = await stage.original.readNode('x');
      expectLike(later, { status: 'active' }, 'its row after the next join');
    },
    ['original'],
  ),
  five(
    'of all nodes that are declared dead at the same moment as many die as the brake allows',
    async (stage) => {
      const ids = Array.from({ length: 15 }, (_, index) => `n${index + 10}`);
      const lives: Life[] = [];
      for (const id of ids) lives.push(await stage.join(id, { instanceId: id }));
      const other = await stage.another();
      const answers = await Promise.all(
        lives.map((life, index) => {
          const request = {
            ...{ targetId: life.nodeId, targetEpoch: 1, observerId: life.nodeId, observerEpoch: 1 },
            ...{
              watchedSince: null,
              newestBeat: 0,
              maxDeadFraction: 1 / 4,
              marks: unknownMarks,
              flapWindowMs: 0,
            },
            ...{ instanceId: life.nodeId, reason: 'exit code 1' },
          };
          return (index % 2 === 0 ? stage.registry : other).obituary(request);
        }),
      );
      // A quarter of 20.
      expectSame(answers.filter(({ outcome }) => outcome === 'dead').length, 5, 'the verdicts');
      const { nodes } = await stage.registry.readCluster({});
      expectSame(
        nodes.filter(({ lifecycle, obituary }) => lifecycle === 'alive' && obituary !== null).length,
        10,
        'the obituaries that stand',
      );
      // At two, at four and at eight.
      expectSame(
        (await stage.events())
          .filter(({ kind }) => kind === 'obituaries-held')
          .map(({ detail }) => [detail['count'], detail['memberCount'], detail['reason']]),
        [2, 4, 8].map((count) => [count, 20, 'exit code 1']),
        'the lines that tell of many',
      );
    },
  ),
];
