/** Cases: the event log, the whole cluster at once, and what is forgotten. */
import type { PruneResult } from '../ports/registry.ts';
import { RegistryError } from '../ports/registry.ts';
import { expectLike, expectRejection, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { evidence, five, type Life, type Scene, scene, windowMs } from './registry-scene.ts';

const dayMs = 86_400_000;

function prune(stage: Scene, by: Life, request: object = {}): Promise<PruneResult> {
  return stage.registry.prune({
    ...by,
    maxAgeMs: dayMs,
    maxEventCount: 1_000,
    departedAfterMs: dayMs,
    everyMs: 60_000,
    ...request,
  });
}

export const logCases: readonly RegistryContractCase[] = [
  five(
    'the log tells a death from the first suspicion to the end of its recovery',
    async (stage, a, b, c) => {
      await stage.say(a, 'suspect', c);
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      const next = await stage.join('c');
      await stage.say(a, 'recovered', next);
      expectSame(
        (await stage.eventKinds()).slice(5),
        ['suspect', 'dead', 'dead', 'verdict', 'claimed', 'completed', 'joined', 'recovered'],
        'the log',
      );
      const verdict = (await stage.events()).find(({ kind }) => kind === 'verdict');
      expectLike(
        verdict,
        { observerId: 'a', targetId: 'c', targetEpoch: 1, detail: { quorum: 2, voterIds: ['a', 'b'] } },
        'the verdict',
      );
      const claimed = (await stage.events()).find(({ kind }) => kind === 'claimed');
      expectLike(claimed, { observerId: 'a', targetId: 'c', detail: { fence: 1, attempt: 1 } }, 'the claim');
    },
  ),
  five(
    'a page holds the newest events after the cursor, oldest first, and the next one goes on',
    async (stage, a, b) => {
      const { registry } = stage;
      const first = await registry.readEvents({ after: null, limit: 2 });
      expectSame(
        first.events.map(({ targetId }) => targetId),
        ['d', 'e'],
        'the first page',
      );
      expectSame(
        (await registry.readEvents({ after: first.cursor, limit: 2 })).events,
        [],
        'the page after the end',
      );
      await stage.say(a, 'suspect', b);
      const next = await registry.readEvents({ after: first.cursor, limit: 10 });
      expectSame(
        next.events.map(({ kind }) => kind),
        ['suspect'],
        'the next page',
      );
      const resumed = await registry.readEvents({ after: first.events[0]?.cursor ?? '', limit: 10 });
      expectSame(
        resumed.events.map(({ kind, targetId }) => [kind, targetId]),
        [
          ['joined', 'e'],
          ['suspect', 'b'],
        ],
        'from an event on',
      );
    },
  ),
  five('a log can be read for one node', async (stage, a, b, c) => {
    await stage.say(a, 'suspect', b);
    await stage.say(c, 'suspect', a);
    await stage.say(c, 'suspect', b);
    const page = await stage.registry.readEvents({ after: null, limit: 100, nodeId: 'a' });
    expectSame(
      page.events.map(({ kind, observerId, targetId }) => [kind, observerId, targetId]),
      [
        ['joined', 'a', 'a'],
        ['suspect', 'a', 'b'],
        ['suspect', 'c', 'a'],
      ],
      'the events about or by it',
    );
  }),
  scene('a page of an odd size, and a cursor of somewhere else, are refused', async ({ registry }) => {
    for (const query of [
      { after: null, limit: 0 },
      { after: null, limit: 10_001 },
      { after: null, limit: 1.5 },
      { after: 'nonsense', limit: 1 },
    ]) {
      const error = await expectRejection(registry.readEvents(query), 'the page');
      expectThat(
        error instanceof RegistryError && error.code === 'invalid',
        'an error that says so',
        String(error),
      );
    }
  }),
  five(
    'the whole cluster: nodes in byte order, standing statements, open verdicts first',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.kill(d, a, b);
      await stage.say(b, 'suspect', a);
      const cluster = await stage.registry.readCluster({ membershipWindowMs: windowMs });
      expectSame(
        cluster.nodes.map(({ id, isConfirmedDead }) => [id, isConfirmedDead]),
        [
          ['a', false],
          ['b', false],
          ['c', true],
          ['d', true],
          ['e', false],
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
      expectLike(cluster, { memberCount: 4, unresolvedCount: 1 }, "the brake's facts");
    },
  ),
  five('a statement of an earlier life is shown, and is not valid', async (stage, a, b) => {
    await stage.say(a, 'dead', b);
    await stage.join('a');
    const { statements } = await stage.registry.readCluster({ membershipWindowMs: windowMs });
    expectLike(statements[0], { observerId: 'a', observerEpoch: 1, isValid: false }, 'the statement');
  }),
  scene('an unknown node is null', async ({ registry }) => {
    expectSame(await registry.readNode('nobody'), null, 'the node');
  }),
  five(
    "pruning is one node's work at a time",
    async (stage, a, b) => {
      expectLike(await prune(stage, a), { isMine: true }, 'the first');
      expectLike(
        await prune(stage, b),
        { isMine: false, eventCount: 0, verdictCount: 0, nodeCount: 0 },
        'the second',
      );
      await stage.advance(60_001);
      expectLike(await prune(stage, b), { isMine: true }, 'a later one');
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
      expectLike(await prune(stage, a), { isMine: true, eventCount: 5 }, 'by age');
      expectSame(await stage.eventKinds(), ['suspect', 'dead'], 'what is left');
      expectLike(
        await prune(stage, a, { everyMs: 0, maxEventCount: 1 }),
        { isMine: true, eventCount: 1 },
        'by number',
      );
      expectSame(await stage.eventKinds(), ['dead'], 'what is left after that');
      expectSame((await stage.round(a)).statements.length, 1, 'the standing statements');
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
      const { verdicts } = await stage.registry.readCluster({ membershipWindowMs: windowMs });
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
        await prune(stage, a, { maxEventCount: 1, everyMs: 0 }),
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
      expectLike(await prune(stage, a), { isMine: true }, 'the pruning');
      await stage.registry.record(entries);
      const { statements } = await stage.registry.readCluster({ membershipWindowMs: windowMs });
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
      expectLike(
        await prune(stage, a, { maxEventCount: 1 }),
        { isMine: true, nodeCount: 1, verdictCount: 1 },
        'the pruning',
      );
      expectSame(await stage.registry.readNode('d'), null, 'the recovered one');
      expectLike(await stage.registry.readNode('c'), { isConfirmedDead: true }, 'the open one');
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
      expectLike(await prune(stage, a), { nodeCount: 1 }, 'the pruning');
      expectSame(await stage.registry.readNode('b'), null, 'the node');
      const back = await stage.join('b');
      expectThat(back.epoch > third.epoch && third.epoch > b.epoch, 'a larger epoch', back.epoch);
    },
    ['clock'],
  ),
  five(
    'the verdict of a life that goes on is not pruned',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c));
      await stage.advance(2 * dayMs);
      await stage.registry.heartbeat(a);
      expectLike(
        await prune(stage, a, { departedAfterMs: 30 * dayMs }),
        { verdictCount: 0, nodeCount: 0 },
        'the pruning',
      );
      expectLike(await stage.registry.readNode('c'), { isConfirmedDead: true }, 'the node');
    },
    ['clock'],
  ),
  scene('several connections create the tables at the same moment', async (_stage, harness) => {
    const [one, two] = await harness.openUnmigrated();
    await Promise.all([one.migrate(), two.migrate(), one.migrate(), two.migrate()]);
    await one.migrate();
    expectSame(await two.readNode('nobody'), null, 'the node of an empty registry');
  }),
  scene('a registry can be closed twice', async (stage) => {
    const other = await stage.another();
    await other.close();
    await other.close();
  }),
];
