/** Cases: what is forgotten, and what never is. */
import type { PruneResult } from '../ports/registry.ts';
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { evidence } from './registry-requests.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

function prune(stage: Scene, by: Life, request: object = {}): Promise<PruneResult> {
  return stage.registry.prune({
    ...by,
    maxAgeMs: dayMs,
    maxEventCount: 1_000,
    departedAfterMs: dayMs,
    everyMs: 0,
    ...request,
  });
}

export const pruneCases: readonly RegistryContractCase[] = [
  five(
    "pruning is one node's work at a time",
    async (stage, a, b) => {
      expectLike(await prune(stage, a, { everyMs: 60_000 }), { isMine: true }, 'the first');
      expectLike(
        await prune(stage, b, { everyMs: 60_000 }),
        { isMine: false, eventCount: 0, verdictCount: 0, nodeCount: 0 },
        'the second',
      );
      await stage.advance(60_001);
      expectLike(await prune(stage, b, { everyMs: 60_000 }), { isMine: true }, 'a later one');
      expectLike(
        await prune(stage, { nodeId: 'stranger', epoch: 1 }, { everyMs: 0 }),
        { isMine: false },
        'a stranger',
      );
    },
    ['clock'],
  ),
  five(
    'old events go, by age and by number',
    async (stage, a, b) => {
      await stage.advance(dayMs + 1_000);
      await stage.registry.heartbeat(a);
      await stage.say(a, 'suspect', b);
      await stage.say(a, 'dead', b);
      await stage.readAges(a);
      expectLike(await prune(stage, a), { isMine: true, eventCount: 5 }, 'by age');
      expectSame(await stage.eventKinds(), ['suspect', 'dead'], 'what is left');
      expectLike(await prune(stage, a, { maxEventCount: 1 }), { isMine: true, eventCount: 1 }, 'by number');
      expectSame(await stage.eventKinds(), ['dead'], 'what is left after that');
      expectSame((await stage.round(a)).statements.length, 1, 'the standing statements');
    },
    ['clock'],
  ),
  five(
    'a clock that is a year ahead at one pruning deletes nothing by age, however far off it is',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.join('c');
      await stage.registry.leave(d);
      const before = await stage.eventKinds();
      for (const byMs of [yearMs, -yearMs, yearMs, -2 * yearMs, yearMs]) {
        await stage.registry.heartbeat(a);
        expectLike(
          await prune(stage, a),
          { isMine: true, eventCount: 0, verdictCount: 0, nodeCount: 0 },
          'a pruning',
        );
        await stage.advance(byMs);
      }
      expectSame(await stage.eventKinds(), before, 'the log');
      expectLike(await stage.registry.readNode('d'), { lifecycle: 'left' }, 'the node that left');
    },
    ['clock'],
  ),
  five(
    'by age goes what two prunings find too old, and no line that comes after one that stays',
    async (stage, a, b) => {
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.say(a, 'suspect', b);
      // Written by a clock that is behind: it looks older than all before it.
      await stage.advance(-10 * dayMs);
      await stage.say(a, 'dead', b);
      await stage.advance(10 * dayMs);
      expectLike(await prune(stage, a), { eventCount: 0 }, 'the first');
      expectLike(await prune(stage, a), { eventCount: 5 }, 'the second');
      expectSame(await stage.eventKinds(), ['suspect', 'dead'], 'what is left');
    },
    ['clock'],
  ),
  five(
    'resolved verdicts and departed nodes go by number too, the oldest first',
    async (stage, a, b, c, d, e) => {
      for (let life = c, count = 0; count < 2; count++) {
        await stage.kill(life, a, b);
        await stage.finish(life, await stage.mustClaim(a, life));
        await stage.advance(1_000);
        life = await stage.join('c');
      }
      expectLike(await prune(stage, a, { maxEventCount: 1 }), { verdictCount: 1, nodeCount: 0 }, 'verdicts');
      const { verdicts } = await stage.registry.readCluster({});
      expectSame(
        verdicts.map(({ epoch }) => epoch),
        [2],
        'the verdict that is left',
      );
      await stage.registry.leave(d);
      await stage.advance(1_000);
      await stage.registry.heartbeat(e);
      await stage.registry.leave(e);
      expectLike(
        await prune(stage, a, { maxEventCount: 1 }),
        { verdictCount: 0, nodeCount: 1 },
        'departed nodes',
      );
      expectSame(await stage.registry.readNode('d'), null, 'the one that left first');
      expectLike(await stage.registry.readNode('e'), { lifecycle: 'left' }, 'the one that left last');
    },
    ['clock'],
  ),
  five(
    'an entry that is repeated when its event has been pruned says no more than it said',
    async (stage, a, b, c) => {
      const said = { observerId: 'a', observerEpoch: a.epoch, targetId: 'c', targetEpoch: c.epoch, evidence };
      const entries = [
        { ...said, operationId: 'first', kind: 'dead' } as const,
        { ...said, operationId: 'second', kind: 'recovered', evidence: null } as const,
      ];
      await stage.registry.record(entries);
      await stage.say(b, 'dead', c);
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.registry.heartbeat(b);
      await stage.readAges(a);
      expectLike(await prune(stage, a), { isMine: true }, 'the pruning');
      await stage.registry.record(entries);
      const { statements } = await stage.registry.readCluster({});
      expectSame(
        statements.map(({ observerId, status }) => [observerId, status]),
        [['b', 'dead']],
        'what stands',
      );
    },
    ['clock'],
  ),
  five(
    'nothing of an open verdict is pruned',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      await stage.kill(d, a, b);
      await stage.finish(d, await stage.mustClaim(a, d));
      await stage.advance(3 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.readAges(a);
      expectLike(
        await prune(stage, a, { maxEventCount: 1 }),
        { isMine: true, nodeCount: 1, verdictCount: 1 },
        'the pruning',
      );
      expectSame(await stage.registry.readNode('d'), null, 'the recovered one');
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead' }, 'the open one');
      const told = (await stage.events()).filter(({ targetId }) => targetId === 'c').map(({ kind }) => kind);
      expectSame(told, ['joined', 'dead', 'dead', 'verdict'], 'its story');
      expectLike(await stage.claim(a, c), { outcome: 'claimed', fence: 2 }, 'its claim');
    },
    ['clock'],
  ),
  five(
    'a node that was pruned comes back above its old epochs',
    async (stage, a, b) => {
      await stage.join('b');
      const third = await stage.join('b');
      await stage.registry.leave(third);
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.readAges(a);
      expectLike(await prune(stage, a), { nodeCount: 1 }, 'the pruning');
      expectSame(await stage.registry.readNode('b'), null, 'the node');
      const back = await stage.join('b');
      expectThat(back.epoch > third.epoch && third.epoch > b.epoch, 'a larger epoch', back.epoch);
    },
    ['clock'],
  ),
  five(
    "the verdict of a node's newest epoch is not pruned",
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.readAges(a);
      expectLike(
        await prune(stage, a, { departedAfterMs: 30 * dayMs }),
        { verdictCount: 0, nodeCount: 0 },
        'the pruning',
      );
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead' }, 'the node');
    },
    ['clock'],
  ),
  five(
    'the newest line of the shared log is not pruned: the numbers of its lines may begin again without it',
    async (stage, a, b) => {
      for (const kind of ['suspect', 'dead'] as const) await stage.say(a, kind, b);
      await stage.advance(2 * dayMs);
      for (let count = 0; count < 2; count++) {
        await stage.registry.heartbeat(a);
        await prune(stage, a, { maxEventCount: 0 });
        const lines = await stage.original.readEvents();
        expectSame(
          lines.map(({ status }) => status),
          ['dead'],
          'what is left',
        );
      }
    },
    ['clock', 'original'],
  ),
  five(
    'what may not be forgotten hides nothing that may, however much there is of it',
    async (stage, a, b, c, d) => {
      await stage.beat(a);
      for (let index = 0; index < 1_100; index++)
        await stage.original.putNode({
          id: `old ${index}`,
          ipAddress: '192.0.2.9',
          lastSeen: stage.original.timeAgo(90 * dayMs),
        });
      for (let count = 0; count < 3; count++) await stage.imported(a);
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.registry.leave(d);
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      await stage.readAges(a);
      expectLike(await prune(stage, a), { nodeCount: 2, verdictCount: 1 }, 'the pruning');
      expectSame(await stage.registry.readNode('d'), null, 'the node that left');
      expectLike(await stage.registry.readNode('old 7'), { lifecycle: 'away' }, 'one that is listed');
    },
    ['clock', 'original'],
  ),
];
