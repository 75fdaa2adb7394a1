/** Cases: how many deaths may be unresolved at a time. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { decideRequest, five, type Life, scene } from './registry-scene.ts';

export const brakeCases: readonly RegistryContractCase[] = [
  five("past the brake's limit there is no verdict, until a recovery ends", async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.say(a, 'dead', d);
    await stage.say(b, 'dead', d);
    expectSame(
      await stage.decide(a, d),
      { outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 },
      'the answer while one death is unresolved',
    );
    expectSame(await stage.finish(c, await stage.mustClaim(a, c)), 'recorded', 'the end of the recovery');
    expectLike(await stage.decide(a, d), { outcome: 'dead', isNew: true }, 'the answer after it');
  }),
  scene('the brake counts nodes of the ring and unresolved deaths together', async (stage) => {
    const lives = await stage.joinAll('a', 'b', 'c', 'd', 'e', 'f');
    const [a, b, ...rest] = lives as [Life, Life, ...Life[]];
    for (const target of rest) {
      await stage.say(a, 'dead', target);
      await stage.say(b, 'dead', target);
    }
    const outcomes: unknown[] = [];
    for (const target of rest) {
      const answer = await stage.decide(a, target);
      outcomes.push(
        answer.outcome === 'pending' && answer.reason === 'brake' ? answer.limit : answer.outcome,
      );
    }
    expectSame(outcomes, ['dead', 'dead', 2, 2], 'the answers of a cluster of six');
  }),
  scene(
    'without any handler a death holds the brake for the brake window only',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd']) lives.push(await stage.join(id, { hasHandler: false }));
      const [a, b, c, d] = lives as [Life, Life, Life, Life];
      await stage.kill(c, a, b);
      await stage.say(a, 'dead', d);
      await stage.say(b, 'dead', d);
      const request = { brakeWindowMs: 60_000 };
      expectLike(await stage.decide(a, d, request), { reason: 'brake' }, 'at once');
      await stage.advance(61_000);
      await stage.registry.setHandler({ ...a, hasHandler: true });
      expectLike(await stage.decide(a, d, request), { reason: 'brake' }, 'later, when a node has a handler');
      await stage.registry.setHandler({ ...a, hasHandler: false });
      expectLike(await stage.decide(a, d, request), { outcome: 'dead' }, 'later, when none has');
    },
    ['clock'],
  ),
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
  five('a death that was taken back holds no brake, and its node counts once', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.say(a, 'recovered', c);
    const { unresolvedCount, memberCount } = await stage.registry.readCluster({});
    expectSame([unresolvedCount, memberCount], [0, 5], "the brake's facts");
    for (const life of [a, b]) await stage.say(life, 'dead', d);
    expectLike(await stage.decide(a, d), { outcome: 'dead', isNew: true }, 'the next death');
  }),
  five(
    'a node that is back while its recovery runs counts once among the members',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(a, c);
      await stage.join('c');
      const { unresolvedCount, memberCount } = await stage.registry.readCluster({});
      expectSame([unresolvedCount, memberCount], [1, 5], "the brake's facts");
    },
  ),
  five(
    'a node that dies again while its recovery runs is two deaths, and one of the members',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(a, c);
      await stage.kill(await stage.join('c'), a, b);
      const { unresolvedCount, memberCount } = await stage.registry.readCluster({});
      expectSame([unresolvedCount, memberCount], [2, 5], "the brake's facts");
    },
  ),
];
