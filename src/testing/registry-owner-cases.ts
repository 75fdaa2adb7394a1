/** Cases: what becomes of a lease whose owner has died, left or begun a newer epoch. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, refused, resolutionOf } from './registry-recovery-cases.ts';
import { leaseMs, refusedEvidence, tries } from './registry-requests.ts';
import { five, type Life, type Scene } from './registry-scene.ts';

/** For how long an owner in these cases runs on without a renewal. */
const holdMs = 10_000;

/** The lease of a claim that says for how long its owner runs on. */
async function claimWithHold(stage: Scene, owner: Life, target: Life, claimId = stage.newId()) {
  const claimed = await stage.registry.claim({
    ...{ nodeId: target.nodeId, epoch: target.epoch, ownerId: owner.nodeId, ownerEpoch: owner.epoch },
    ...{ claimId, leaseMs, holdMs, ...tries },
  });
  if (claimed.outcome !== 'claimed') throw new Error(`expected a claim, was refused as ${claimed.reason}`);
  return { claimId, fence: claimed.fence };
}

async function expectLost(
  stage: Scene,
  target: Life,
  lease: { readonly claimId: string; readonly fence: number },
): Promise<void> {
  expectSame(
    await stage.registry.renew({ ...leaseOf(target, lease), leaseMs }),
    { outcome: 'lost' },
    'the renewal',
  );
  expectSame(await stage.finish(target, lease), 'lost', 'the end');
}

export const ownerCases: readonly RegistryContractCase[] = [
  five('a lease ends with its owner when the process was seen to go', async (stage, a, b, c, d, e) => {
    await stage.kill(c, a, b);
    const old = await claimWithHold(stage, a, c);
    expectLike((await stage.round(b)).openVerdicts[0], { isClaimable: false }, 'before the death');
    await stage.kill(a, d, e, refusedEvidence);
    const open = (await stage.round(b)).openVerdicts.find(({ verdict }) => verdict.nodeId === 'c');
    expectLike(open, { isClaimable: true }, 'as observers read it');
    const taken = await claimWithHold(stage, b, c);
    expectThat(taken.fence > old.fence, 'a larger fence', [old.fence, taken.fence]);
    await expectLost(stage, c, old);
    expectSame(await stage.finish(c, taken), 'recorded', 'the end of the next owner');
  }),
  five(
    'one vote of another kind keeps the lease until its owner has stopped',
    async (stage, a, b, c, d, e) => {
      await stage.kill(c, a, b);
      const old = await claimWithHold(stage, a, c);
      await stage.say(d, 'dead', a, 0, refusedEvidence);
      await stage.kill(a, e, b);
      await expectLost(stage, c, old);
      expectSame(await stage.claim(b, c), refused('held'), 'the claim of another');
    },
  ),
  five(
    'refusals after no closed connection keep the lease until its owner has stopped',
    async (stage, a, b, c, d, e) => {
      await stage.kill(c, a, b);
      const old = await claimWithHold(stage, a, c);
      const refusedOnly = { ...refusedEvidence, closedConnection: false };
      await stage.say(d, 'dead', a, 0, refusedEvidence);
      await stage.say(e, 'dead', a, 0, refusedOnly);
      expectLike(await stage.decide(d, a, { maxDeadFraction: 1 }), { outcome: 'dead' }, 'the verdict');
      await expectLost(stage, c, old);
      expectSame(await stage.claim(b, c), refused('held'), 'while the owner may run');
      await stage.advance(holdMs + 1_000);
      expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'after that');
    },
    ['clock'],
  ),
  five(
    'a lease whose owner is silent ends when the owner has stopped by itself',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      const old = await claimWithHold(stage, a, c);
      await stage.advance(holdMs - 3_000);
      const renewal = { ...leaseOf(c, old), leaseMs };
      expectLike(await stage.registry.renew(renewal), { outcome: 'renewed' }, 'the newest renewal');
      await stage.advance(2_000);
      await stage.kill(a, b, d);
      await expectLost(stage, c, old);
      expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
      await stage.advance(holdMs - 3_000);
      expectSame(await stage.claim(b, c), refused('held'), 'while the owner may run');
      await stage.advance(2_000);
      expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'after that');
    },
    ['clock'],
  ),
  five(
    'a lease that does not say when its owner stops goes to its end',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      const old = await stage.mustClaim(a, c);
      await stage.kill(a, b, d);
      await expectLost(stage, c, old);
      await stage.advance(leaseMs - 2_000);
      expectSame(await stage.claim(b, c), refused('held'), 'before its end');
      await stage.advance(4_000);
      expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'after its end');
    },
    ['clock'],
  ),
  five('an owner that comes back as a newer epoch has lost its lease', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const old = await claimWithHold(stage, a, c);
    const next = await stage.join('a');
    await expectLost(stage, c, old);
    expectLike(await stage.claim(next, c), { outcome: 'claimed', fence: 2 }, 'its own next claim');
  }),
  five('an owner that leaves has lost its lease', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const old = await claimWithHold(stage, a, c);
    await stage.registry.leave(a);
    await expectLost(stage, c, old);
    expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'the claim of another');
  }),
  five('an owner whose agent declares it dead has lost its lease', async (stage, a, b, c) => {
    const x = await stage.join('x', { instanceId: 'x-1' });
    await stage.kill(c, a, b);
    const old = await claimWithHold(stage, x, c);
    expectLike(await stage.bury(x, 'x-1', { maxDeadFraction: 1 }), { outcome: 'dead' }, 'the obituary');
    await expectLost(stage, c, old);
    expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'the claim of another');
  }),
  five('an owner that was dead and answers again has lost its lease', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    const old = await claimWithHold(stage, a, c);
    await stage.kill(a, b, d);
    await stage.say(b, 'recovered', a);
    await expectLost(stage, c, old);
    expectSame(await stage.claim(a, c, old.claimId), refused('held'), 'the same claim again');
  }),
  five('a restart after such a verdict ends the wait', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await claimWithHold(stage, a, c);
    await stage.kill(a, b, d);
    expectSame(await stage.claim(b, c), refused('held'), 'after the verdict');
    await stage.join('a');
    expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'after the restart');
  }),
  five('every lease of a dead owner ends, and none of another', async (stage, a, b, c, d, e) => {
    const x = await stage.join('x');
    for (const target of [c, d, e]) await stage.kill(target, a, b);
    await claimWithHold(stage, x, c);
    await claimWithHold(stage, x, d);
    const kept = await claimWithHold(stage, b, e);
    await stage.kill(x, a, b, refusedEvidence);
    for (const target of [c, d])
      expectLike(await stage.claim(a, target), { outcome: 'claimed' }, `the claim on ${target.nodeId}`);
    expectSame(await stage.claim(a, e), refused('held'), 'the claim on e');
    expectSame(await stage.finish(e, kept), 'recorded', 'the end of e');
  }),
  five(
    'after the first owner that died the next one follows at once, after the second one comes a pause',
    async (stage, a, b, c, d, e) => {
      const claimBy = (owner: Life) =>
        stage.registry.claim({
          ...{ nodeId: 'c', epoch: c.epoch, ownerId: owner.nodeId, ownerEpoch: owner.epoch },
          ...{ claimId: stage.newId(), leaseMs, holdMs, retryBackoffMs: 5_000, maxAttempts: 10 },
        });
      await stage.kill(c, a, b);
      expectLike(await claimBy(a), { outcome: 'claimed' }, 'the first attempt');
      await stage.kill(a, d, e, refusedEvidence);
      expectLike(await claimBy(b), { outcome: 'claimed' }, 'the second attempt');
      await stage.kill(b, d, e, refusedEvidence);
      expectSame(await claimBy(d), refused('held'), 'soon after the second owner');
      await stage.advance(4_000);
      expectSame(await claimBy(d), refused('held'), 'during the pause');
      await stage.advance(2_000);
      expectLike(await claimBy(d), { outcome: 'claimed', fence: 3 }, 'after the pause');
    },
    ['clock'],
  ),
  five('owners that die count as attempts', async (stage, a, b, c, d, e) => {
    await stage.kill(c, a, b);
    await claimWithHold(stage, a, c);
    await stage.kill(a, d, e, refusedEvidence);
    const last = { ...tries, maxAttempts: 1 };
    const claim = { nodeId: 'c', epoch: c.epoch, ownerId: 'b', ownerEpoch: b.epoch, leaseMs, ...last };
    expectSame(
      await stage.registry.claim({ ...claim, claimId: stage.newId() }),
      refused('given-up'),
      'the next claim',
    );
  }),
  five("a claim at the moment of its owner's death holds nothing up", async (stage, a, b, c, d, e) => {
    await stage.kill(c, b, d);
    for (const observer of [d, e]) await stage.say(observer, 'dead', a, 0, refusedEvidence);
    const other = await stage.another();
    const { nodeId, epoch } = c;
    const by = { ownerId: 'a', ownerEpoch: a.epoch, claimId: stage.newId(), leaseMs, holdMs, ...tries };
    const [, decided] = await Promise.all([
      other.claim({ nodeId, epoch, ...by }),
      stage.decide(d, a, { maxDeadFraction: 1 }),
    ]);
    expectLike(decided, { outcome: 'dead' }, 'the verdict on the owner');
    expectLike(await stage.claim(b, c), { outcome: 'claimed' }, 'the claim of another');
  }),
];
