/** Cases: how many deaths may weigh on the brake at a time, and for how long each does. */
import { unknownMarks } from '../core/marks.ts';
import type { DecideRequest } from '../ports/registry.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { decideRequest } from './registry-requests.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

/** A node in four may be dead: one of five. */
const one = { maxDeadFraction: 1 / 4 };
const braked = { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 };

/** Lets two observers vote, and the first of them ask. */
async function ask(stage: Scene, target: Life, first: Life, second: Life, request: Partial<DecideRequest>) {
  await stage.say(first, 'dead', target);
  await stage.say(second, 'dead', target);
  return stage.decide(first, target, request);
}

/** What an observer asks that has read this place a brake window ago, and another one for the time of a return. */
function after(deathMark: number | null, returnMark: number | null) {
  return { ...one, marks: { ...unknownMarks, deathMark, returnMark } };
}

export const brakeCases: readonly RegistryContractCase[] = [
  five('a recovery that ends frees the brake only when the window has passed', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    expectSame(await ask(stage, d, a, b, one), braked, 'the answer while the recovery is open');
    expectSame(await stage.finish(c, await stage.mustClaim(a, c)), 'recorded', 'the end of the recovery');
    const mark = await stage.markNow(a);
    expectSame(await stage.decide(a, d, one), braked, 'the answer after it, of one that has just started');
    expectSame(
      await stage.decide(a, d, after(null, mark)),
      braked,
      'the answer before the window has passed',
    );
    expectLike(
      await stage.decide(a, d, after(mark, null)),
      { outcome: 'dead', isNew: true },
      'the answer then',
    );
  }),
  five('an open recovery holds the brake for longer than the window', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    const mark = await stage.markNow(a);
    expectSame(await ask(stage, d, a, b, after(mark, null)), braked, 'the answer while it is open');
    expectSame(await stage.finish(c, await stage.mustClaim(a, c)), 'recorded', 'the end of the recovery');
    expectLike(
      await stage.decide(a, d, after(mark, null)),
      { outcome: 'dead', isNew: true },
      'the answer then',
    );
  }),
  five('a verdict that was made after the mark weighs', async (stage, a, b, c, d) => {
    const mark = await stage.markNow(a);
    await stage.kill(c, a, b);
    await stage.finish(c, await stage.mustClaim(a, c));
    expectSame(await ask(stage, d, a, b, after(mark, mark)), braked, 'the answer');
  }),
  five(
    'a node that is back frees the brake when it has been alive for long enough',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      const before = await stage.markNow(a);
      await stage.join('c');
      expectSame(await ask(stage, d, a, b, after(null, before)), braked, 'the answer soon after its return');
      const mark = await stage.markNow(a);
      expectSame(await stage.decide(a, d, one), braked, 'the answer of one that has just started');
      expectLike(
        await stage.decide(a, d, after(null, mark)),
        { outcome: 'dead', isNew: true },
        'the answer then',
      );
    },
  ),
  five('a death that was taken back weighs as one whose node is back', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    const before = await stage.markNow(a);
    await stage.say(a, 'recovered', c);
    expectSame(await ask(stage, d, a, b, after(null, before)), braked, 'the answer soon after its return');
    const mark = await stage.markNow(a);
    expectLike(
      await stage.decide(a, d, after(null, mark)),
      { outcome: 'dead', isNew: true },
      'the answer then',
    );
  }),
  five('a death that an operator dismissed weighs no more', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    expectSame(await ask(stage, d, a, b, one), braked, 'the answer before');
    const dismissal = { ...c, operatorId: 'operator', operationId: stage.newId() };
    expectSame(await stage.registry.dismiss(dismissal), true, 'the dismissal');
    expectLike(await stage.decide(a, d, one), { outcome: 'dead', isNew: true }, 'the answer after it');
  }),
  five('a dead node that is taken out weighs no more', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.finish(c, await stage.mustClaim(a, c));
    await stage.registry.leave(c);
    expectLike(await ask(stage, d, a, b, one), { outcome: 'dead', isNew: true }, 'the answer after it');
  }),
  scene('a share of the cluster is rounded: two of five, three of nine', async (stage) => {
    const lives = await stage.joinAll('a', 'b', 'c', 'd', 'e');
    const [a, b, ...rest] = lives as [Life, Life, ...Life[]];
    const outcomes: unknown[] = [];
    for (const target of rest) {
      const answer = await ask(stage, target, a, b, {});
      outcomes.push(
        answer.outcome === 'pending' && answer.reason === 'brake' ? answer.limit : answer.outcome,
      );
    }
    expectSame(outcomes, ['dead', 'dead', 2], 'the answers of a cluster of five');
  }),
  five('with a share of nought there is no verdict without an operator', async (stage, a, b, c) => {
    expectSame(
      await ask(stage, c, a, b, { maxDeadFraction: 0 }),
      { outcome: 'pending', reason: 'brake', unresolvedCount: 0, limit: 0 },
      'the answer',
    );
  }),
  scene('nodes in maintenance are no members', async (stage) => {
    const [a, b, c, d] = (await stage.joinAll('a', 'b', 'c', 'd', 'e', 'f')) as [Life, Life, Life, Life];
    expectLike(await ask(stage, c, a, b, one), { outcome: 'dead' }, 'the first death, of one and a half');
    for (const nodeId of ['e', 'f']) await stage.registry.setMaintenance({ nodeId, durationMs: 3_600_000 });
    expectSame(await ask(stage, d, a, b, { maxDeadFraction: 0.3 }), braked, 'the answer with four members');
    await stage.registry.setMaintenance({ nodeId: 'f', durationMs: 0 });
    expectLike(await stage.decide(a, d, { maxDeadFraction: 0.3 }), { outcome: 'dead' }, 'with five');
  }),
  scene('without any handler an open recovery holds the brake for the window only', async (stage) => {
    const lives: Life[] = [];
    for (const id of ['a', 'b', 'c', 'd']) lives.push(await stage.join(id, { hasHandler: false }));
    const [a, b, c, d] = lives as [Life, Life, Life, Life];
    await stage.kill(c, a, b);
    expectSame(await ask(stage, d, a, b, one), braked, 'at once');
    const mark = await stage.markNow(a);
    await stage.registry.setHandler({ ...a, hasHandler: true });
    expectSame(await stage.decide(a, d, after(mark, null)), braked, 'later, when a node has a handler');
    await stage.registry.setHandler({ ...a, hasHandler: false });
    expectLike(await stage.decide(a, d, after(mark, null)), { outcome: 'dead' }, 'later, when none has');
  }),
  five('a node that is back and dies again weighs once, whatever else is open', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.mustClaim(a, c);
    const again = await stage.join('c');
    expectSame(await ask(stage, d, a, b, one), braked, 'another death while it is back');
    expectLike(await ask(stage, again, a, b, one), { outcome: 'dead', isNew: true }, 'its own next death');
    const { unresolvedCount, memberCount } = await stage.registry.readCluster({});
    expectSame([unresolvedCount, memberCount], [1, 5], "the brake's facts");
    expectSame(await stage.decide(a, d, one), braked, 'another death then');
  }),
  five('people see which deaths weigh', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.kill(d, a, b);
    await stage.finish(d, await stage.mustClaim(a, d));
    await stage.mustClaim(b, c);
    await stage.join('c');
    const { weighing, memberCount } = await stage.registry.readCluster({
      brakeWindowMs: 3_600_000,
      brakeReturnMs: 3_600_000,
    });
    expectSame(
      weighing.map(({ nodeId, isBack, isRecoveryRunning }) => [nodeId, isBack, isRecoveryRunning]),
      [
        ['c', true, true],
        ['d', false, false],
      ],
      'what weighs',
    );
    for (const { leftMs } of weighing)
      expectSame(leftMs !== null && leftMs > 3_000_000 && leftMs <= 3_600_000, true, 'the time that is left');
    expectSame(memberCount, 5, 'the members');
  }),
  five('an operator releases the brake for a number of verdicts', async (stage, a, b, c, d, e) => {
    await stage.kill(c, a, b);
    await ask(stage, d, a, b, one);
    await ask(stage, e, a, b, one);
    const operationId = stage.newId();
    const word = { durationMs: 600_000, count: 1, operatorId: 'operator', operationId };
    await stage.registry.releaseBrake(word);
    expectLike((await stage.registry.readCluster({})).release, { count: 1 }, 'as people see it');
    expectLike(await stage.decide(a, d, one), { outcome: 'dead', isNew: true }, 'the first verdict');
    await stage.registry.releaseBrake(word);
    expectSame(await stage.decide(a, e, one), { ...braked, unresolvedCount: 2 }, 'the second one');
    expectSame((await stage.registry.readCluster({})).release, null, 'as people see it then');
    expectSame(
      (await stage.events())
        .filter(({ kind }) => kind === 'brake-released')
        .map(({ observerId }) => observerId),
      ['operator'],
      'who has released it',
    );
  }),
  five(
    'a release without a number holds for its time, and until an operator ends it',
    async (stage, a, b, c, d) => {
      await ask(stage, c, a, b, { maxDeadFraction: 0 });
      await ask(stage, d, a, b, { maxDeadFraction: 0 });
      const release = (durationMs: number): Promise<void> =>
        stage.registry.releaseBrake({ durationMs, operatorId: 'operator', operationId: stage.newId() });
      await release(600_000);
      expectLike(
        await stage.decide(a, c, { maxDeadFraction: 0 }),
        { outcome: 'dead' },
        'while it is released',
      );
      await release(0);
      expectLike(await stage.decide(a, d, { maxDeadFraction: 0 }), { reason: 'brake' }, 'when it was ended');
      await release(60_000);
      await stage.advance(61_000);
      expectLike(await stage.decide(a, d, { maxDeadFraction: 0 }), { reason: 'brake' }, 'when it is over');
    },
    ['clock'],
  ),
  scene('of many questions at once a release for two lets two pass', async (stage) => {
    const ids = Array.from({ length: 8 }, (_, index) => `n${index + 10}`);
    const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
    for (const target of targets) for (const life of [a, b]) await stage.say(life, 'dead', target);
    const word = { durationMs: 600_000, count: 2, operatorId: 'operator', operationId: stage.newId() };
    await stage.registry.releaseBrake(word);
    const answers = await Promise.all(
      targets.map((target) => stage.decide(a, target, { maxDeadFraction: 0 })),
    );
    expectSame(answers.filter(({ outcome }) => outcome === 'dead').length, 2, 'the verdicts');
  }),
  scene('a release of no time or number is refused', async ({ registry }) => {
    for (const request of [{ durationMs: -1 }, { durationMs: Number.NaN }, { durationMs: 1_000, count: 0 }]) {
      const word = { ...request, operatorId: 'operator', operationId: 'word' };
      const code = await registry.releaseBrake(word).then(
        () => 'none',
        (error: { readonly code?: string }) => error.code,
      );
      expectSame(code, 'invalid', 'the error');
    }
  }),
  scene('fifty questions at the same moment find exactly as many dead as the brake allows', async (stage) => {
    const ids = Array.from({ length: 50 }, (_, index) => `n${index + 10}`);
    const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
    for (const { nodeId: observerId, epoch: observerEpoch } of [a, b]) {
      await stage.registry.record(
        targets.map(({ nodeId: targetId, epoch: targetEpoch }) => ({
          operationId: stage.newId(),
          observerId,
          observerEpoch,
          kind: 'dead',
          targetId,
          targetEpoch,
          evidence: null,
        })),
      );
    }
    const other = await stage.another();
    const answers = await Promise.all(
      targets.flatMap((target) => [
        stage.registry.decide(decideRequest(a, target)),
        other.decide(decideRequest(b, target)),
      ]),
    );
    // A third of 52.
    expectSame(
      answers.filter((answer) => answer.outcome === 'dead' && answer.isNew).length,
      17,
      'the new verdicts',
    );
    for (const answer of answers) {
      if (answer.outcome === 'dead') continue;
      expectSame(
        answer,
        { outcome: 'pending', reason: 'brake', unresolvedCount: 17, limit: 17 },
        'a refusal',
      );
    }
    const { nodes, unresolvedCount, memberCount } = await stage.registry.readCluster({});
    expectSame([unresolvedCount, memberCount], [17, 52], "the brake's facts");
    expectSame(nodes.filter(({ lifecycle }) => lifecycle === 'dead').length, 17, 'the dead nodes');
  }),
];
