/** Cases: how often a recovery is tried, what gives it up, and what an operator can do then. */
import { unknownMarks } from '../core/marks.ts';
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, refused } from './registry-recovery-cases.ts';
import { leaseMs } from './registry-requests.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

/** Claims, and records that the attempt has failed; the next one may come at once. */
async function fail(stage: Scene, owner: Life, target: Life, maxAttempts: number | null): Promise<void> {
  const lease = leaseOf(target, await stage.mustClaim(owner, target));
  const end = { outcome: 'failed', error: 'no disk', retryAfterMs: 0, maxAttempts } as const;
  expectSame(await stage.registry.finish({ ...lease, ...end }), 'recorded', 'the end of an attempt');
}

/** Claims as one that gives up after so many attempts, and pauses after an owner that has stopped. */
function claimWith(stage: Scene, owner: Life, target: Life, maxAttempts: number | null) {
  const by = { ownerId: owner.nodeId, ownerEpoch: owner.epoch, claimId: stage.newId(), leaseMs };
  const { nodeId, epoch } = target;
  return stage.registry.claim({ nodeId, epoch, ...by, retryBackoffMs: 5_000, maxAttempts });
}

function retry(stage: Scene, nodeId: string, operationId = stage.newId()): Promise<boolean> {
  return stage.registry.retry({ nodeId, operatorId: 'operator', operationId });
}

async function detailOf(stage: Scene, nodeId: string) {
  const { verdicts } = await stage.registry.readCluster({});
  return verdicts.find((verdict) => verdict.nodeId === nodeId);
}

export const attemptCases: readonly RegistryContractCase[] = [
  five('a recovery that fails as often as may be is given up, and says so', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await fail(stage, a, c, 2);
    expectLike(await detailOf(stage, 'c'), { isGivenUp: false }, 'after one failure');
    await fail(stage, b, c, 2);
    const found = { isGivenUp: true, resolution: null, lastError: 'no disk', retryInMs: null };
    expectLike(await detailOf(stage, 'c'), found, 'after the second one');
    expectSame(await stage.claim(a, c), refused('given-up'), 'the next claim');
    expectLike((await stage.round(a)).openVerdicts[0], { isClaimable: false }, 'as observers read it');
    const events = (await stage.events()).filter(({ kind }) => kind === 'recovery-given-up');
    expectSame(
      events.map(({ observerId, targetId, detail }) => [observerId, targetId, detail]),
      [['b', 'c', { attempt: 2, error: 'no disk', fence: 2 }]],
      'the events',
    );
  }),
  five('without a limit a recovery is tried again and again', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    for (let count = 0; count < 12; count++) await fail(stage, a, c, null);
    expectLike(await claimWith(stage, a, c, null), { outcome: 'claimed' }, 'the next claim');
  }),
  five(
    'a second owner that stops without a word costs a pause that grows, and each counts as an attempt',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(b, c);
      await stage.advance(leaseMs + 1_000);
      await stage.mustClaim(a, c);
      await stage.advance(leaseMs + 1_000);
      expectSame(await claimWith(stage, b, c, 9), refused('held'), 'a claim soon after the second lease');
      await stage.advance(5_000);
      expectLike(await claimWith(stage, b, c, 9), { outcome: 'claimed' }, 'a claim after the pause');
      await stage.advance(leaseMs + 6_000);
      expectSame(await claimWith(stage, a, c, 3), refused('held'), 'a claim soon after the third lease');
      await stage.advance(5_000);
      expectSame(await claimWith(stage, a, c, 3), refused('given-up'), 'the claim of one who gives up then');
      expectLike(await detailOf(stage, 'c'), { isGivenUp: true, leaseLeftMs: null }, 'the verdict');
      expectSame(await stage.claim(b, c), refused('given-up'), 'the next claim');
    },
    ['clock'],
  ),
  five('an operator has a recovery that was given up tried once more', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await fail(stage, a, c, 1);
    expectSame(await retry(stage, 'd'), false, 'the word on a node without a death');
    expectSame(await retry(stage, 'c', 'word'), true, 'the word');
    expectSame(await retry(stage, 'c', 'word'), true, 'the same word again');
    expectLike((await stage.round(a)).openVerdicts[0], { isClaimable: true }, 'as observers read it');
    await fail(stage, a, c, 1);
    expectLike(await detailOf(stage, 'c'), { isGivenUp: true, attemptCount: 2 }, 'after one more failure');
    const kinds = (await stage.eventKinds()).filter(
      (kind) => kind === 'recovery-retried' || kind === 'recovery-given-up',
    );
    expectSame(kinds, ['recovery-given-up', 'recovery-retried', 'recovery-given-up'], 'the events');
    await retry(stage, 'c');
    expectSame(await stage.finish(c, await stage.mustClaim(b, c)), 'recorded', 'the end of the last attempt');
    expectLike(await detailOf(stage, 'c'), { isGivenUp: false, resolution: 'completed' }, 'the verdict');
  }),
  five('an operator cuts a pause short, and leaves a lease alone', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    expectSame(await retry(stage, 'c'), false, 'the word under a lease');
    await stage.finish(c, lease, 'failed', 'no disk');
    expectSame(await stage.claim(b, c), refused('held'), 'a claim in the backoff');
    expectSame(await retry(stage, 'c'), true, 'the word in the backoff');
    expectLike(await stage.claim(b, c), { outcome: 'claimed' }, 'a claim after it');
  }),
  five('a recovery that was given up holds the brake for its window only', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await fail(stage, a, c, 1);
    const marks = { ...unknownMarks, deathMark: await stage.markNow(a) };
    for (const life of [a, b]) await stage.say(life, 'dead', d);
    const request = { maxDeadFraction: 1 / 4 };
    expectLike(await stage.decide(a, d, request), { reason: 'brake' }, 'before the window has passed');
    await retry(stage, 'c');
    expectLike(
      await stage.decide(a, d, { ...request, marks }),
      { reason: 'brake' },
      'when it is tried again',
    );
    await fail(stage, a, c, 1);
    expectLike(await stage.decide(a, d, { ...request, marks }), { outcome: 'dead' }, 'when it is not');
  }),
  five('a recovery that was given up is closed when its node is back', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await fail(stage, a, c, 1);
    await stage.join('c');
    expectLike((await stage.round(a)).openVerdicts[0], { isClaimable: true }, 'as observers read it');
    expectSame(await stage.claim(a, c), refused('resolved'), 'a claim');
    expectLike(await detailOf(stage, 'c'), { isGivenUp: false, resolution: 'superseded' }, 'the verdict');
  }),
  five('a maintenance does not revive what was given up', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await fail(stage, a, c, 1);
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
    expectSame(await stage.claim(a, c), refused('given-up'), 'a claim');
  }),
];
