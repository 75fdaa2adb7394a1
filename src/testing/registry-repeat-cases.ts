/** Cases: a writing call whose answer was lost is made again with the same ids, and has its effect once. */
import type { Registry } from '../ports/registry.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, resolutionOf } from './registry-recovery-cases.ts';
import { decideRequest, evidence, joinRequest, leaseMs, tries } from './registry-requests.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

/** How many events of this kind the log has. */
async function countOf(stage: Scene, kind: string): Promise<number> {
  return (await stage.eventKinds()).filter((found) => found === kind).length;
}

/** The answers to one call that is made four times at the same moment, by two connections. */
async function atOnce<Answer>(
  stage: Scene,
  call: (registry: Registry) => Promise<Answer>,
): Promise<Answer[]> {
  const other = await stage.another();
  return Promise.all([stage.registry, other, stage.registry, other].map((registry) => call(registry)));
}

function four(answer: unknown): unknown[] {
  return [answer, answer, answer, answer];
}

export const repeatCases: readonly RegistryContractCase[] = [
  scene('a join that is repeated at the same moment begins one epoch', async (stage) => {
    const answers = await atOnce(stage, (registry) => registry.join(joinRequest('a', 'i1')));
    expectSame(answers, four({ outcome: 'joined', epoch: 1 }), 'the answers');
    expectSame(await countOf(stage, 'joined'), 1, 'the events');
  }),
  five('a leave that is repeated at the same moment is one event', async (stage, a) => {
    await atOnce(stage, (registry) => registry.leave(a));
    expectSame(await countOf(stage, 'left'), 1, 'the events');
    expectLike(await stage.registry.readNode('a'), { lifecycle: 'left', epoch: 1 }, 'the node');
  }),
  five('a leave that is repeated late does not end the next epoch', async (stage, a) => {
    await stage.registry.leave(a);
    await stage.join('a');
    await stage.registry.leave(a);
    expectLike(await stage.registry.readNode('a'), { lifecycle: 'alive', epoch: 2 }, 'the node');
  }),
  five('statements and notes that are repeated at the same moment are written once', async (stage, a, b) => {
    const by = { observerId: 'a', observerEpoch: a.epoch };
    const about = { targetId: 'b', targetEpoch: b.epoch };
    const entries = [
      { ...by, ...about, operationId: '1', kind: 'suspect', evidence },
      { ...by, ...about, operationId: '2', kind: 'dead', evidence },
      { ...by, ...about, operationId: '3', kind: 'unreachable', detail: {} },
    ] as const;
    await atOnce(stage, (registry) => registry.record(entries));
    expectSame((await stage.eventKinds()).slice(5), ['suspect', 'dead', 'unreachable'], 'the log');
  }),
  five('entries of which some are known already are written as far as they are new', async (stage, a, b) => {
    const by = { observerId: 'a', observerEpoch: a.epoch, targetId: 'b', targetEpoch: b.epoch };
    const first = { ...by, operationId: '1', kind: 'suspect', evidence } as const;
    const second = { ...by, operationId: '2', kind: 'dead', evidence } as const;
    await stage.registry.record([first]);
    await stage.registry.record([first, second]);
    expectSame((await stage.eventKinds()).slice(5), ['suspect', 'dead'], 'the log');
    expectLike((await stage.round(a)).statements[0], { targetId: 'b', status: 'dead' }, 'what stands');
  }),
  five('a vote that is repeated late does not stand again', async (stage, a, b, c) => {
    const by = { observerId: 'a', observerEpoch: a.epoch, targetId: 'b', targetEpoch: b.epoch };
    const vote = { ...by, operationId: '1', kind: 'dead', evidence } as const;
    await stage.registry.record([vote]);
    await stage.say(a, 'recovered', b);
    await stage.registry.record([vote]);
    await stage.say(c, 'dead', b);
    expectLike(await stage.decide(c, b), { reason: 'votes', voteCount: 1 }, 'the answer');
  }),
  five('an answer that is repeated late does not take back a later verdict', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const answer = {
      operationId: '1',
      observerId: 'a',
      observerEpoch: a.epoch,
      kind: 'recovered',
      targetId: 'c',
      targetEpoch: c.epoch,
      evidence: null,
      knownDecision: 1,
    } as const;
    await stage.registry.record([answer]);
    await stage.kill(c, a, b);
    await stage.registry.record([answer]);
    expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead', decisionCount: 2 }, 'the node');
  }),
  five('a question that is repeated at the same moment makes one verdict', async (stage, a, b, c) => {
    for (const observer of [a, b]) await stage.say(observer, 'dead', c);
    const answers = await atOnce(stage, (registry) => registry.decide(decideRequest(a, c)));
    expectSame(
      answers.map(({ outcome }) => outcome),
      four('dead'),
      'the answers',
    );
    expectSame(await countOf(stage, 'verdict'), 1, 'the events');
    expectLike(await stage.registry.readNode('c'), { decisionCount: 1 }, 'the node');
  }),
  five('a repeated claim gets the same fence', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const request = claimOf(a, c);
    const answers = await atOnce(stage, (registry) => registry.claim(request));
    const again = await stage.registry.claim(request);
    for (const answer of [...answers, again]) {
      expectLike(answer, { outcome: 'claimed', fence: 1 }, 'an answer');
      expectSame(answer, again, 'each answer');
    }
    expectSame(await countOf(stage, 'recovery-started'), 1, 'the claims in the log');
  }),
  five('a renewal may be repeated', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = { ...leaseOf(c, await stage.mustClaim(a, c)), leaseMs };
    const answers = await atOnce(stage, (registry) => registry.renew(lease));
    expectSame(answers, four({ outcome: 'renewed', hasReturned: false }), 'the answers');
  }),
  five('an end is recorded once, and saying it again is harmless', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const request = {
      ...leaseOf(c, await stage.mustClaim(a, c)),
      outcome: 'completed',
      error: null,
      retryAfterMs: 0,
      ...tries,
    } as const;
    expectSame(await atOnce(stage, (registry) => registry.finish(request)), four('recorded'), 'the answers');
    expectSame(await stage.registry.finish(request), 'recorded', 'the same again');
    expectSame(await countOf(stage, 'recovery-ended'), 1, 'the ends in the log');
  }),
  five('a failure that is recorded twice is one failed attempt', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    for (let count = 0; count < 2; count++)
      expectSame(await stage.finish(c, lease, 'failed', 'no'), 'recorded', 'the answer');
    expectSame(await countOf(stage, 'recovery-ended'), 1, 'the events');
    expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
  }),
  five('a dismissal that is repeated was done, and is one event', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const request = { ...c, operatorId: 'me', operationId: stage.newId() };
    expectSame(await atOnce(stage, (registry) => registry.dismiss(request)), four(true), 'the answers');
    expectSame(await stage.registry.dismiss(request), true, 'the same again');
    expectSame(await countOf(stage, 'verdict-closed'), 1, 'the closings in the log');
  }),
  five('of prunings at the same moment one is done', async (stage, a) => {
    const request = { ...a, maxAgeMs: 1_000, maxEventCount: 1_000, departedAfterMs: 1_000, everyMs: 60_000 };
    const answers = await atOnce(stage, (registry) => registry.prune(request));
    expectSame(answers.filter(({ isMine }) => isMine).length, 1, 'those that are done');
  }),
];

function claimOf(owner: Life, target: Life) {
  return {
    ...target,
    ownerId: owner.nodeId,
    ownerEpoch: owner.epoch,
    claimId: 'mine',
    leaseMs,
    ...tries,
  };
}
