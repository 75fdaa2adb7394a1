/** Cases: who may run a recovery, and how it ends. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseMs, tries } from './registry-requests.ts';
import { five, type Life, type Scene, scene } from './registry-scene.ts';

/** How the node's verdict ended; null while it is open, undefined without one. */
export async function resolutionOf(stage: Scene, nodeId: string): Promise<unknown> {
  const { verdicts } = await stage.registry.readCluster({});
  return verdicts.find((verdict) => verdict.nodeId === nodeId)?.resolution;
}

/** What a claim is answered that is not granted. */
export const refused = (reason: string): object => ({ outcome: 'refused', reason });

/** The lease as `renew` and `finish` name it. */
export function leaseOf(target: Life, lease: { readonly claimId: string; readonly fence: number }) {
  return { nodeId: target.nodeId, epoch: target.epoch, ...lease };
}

export const recoveryCases: readonly RegistryContractCase[] = [
  five('an open verdict is claimed once', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    expectLike((await stage.round(b)).openVerdicts[0], { isClaimable: true }, 'before the claim');
    const claimed = await stage.claim(a, c);
    expectLike(claimed, { outcome: 'claimed', fence: 1 }, 'the claim');
    if (claimed.outcome !== 'claimed') return;
    expectLike(
      claimed.verdict,
      { nodeId: 'c', ownerId: 'a', fence: 1, attemptCount: 1, resolution: null },
      'its verdict',
    );
    expectSame(await stage.claim(b, c), refused('held'), 'the claim of another');
    const [open] = (await stage.round(b)).openVerdicts;
    expectLike(open, { isClaimable: false }, 'after the claim');
    expectLike(open?.verdict, { ownerId: 'a', fence: 1 }, 'its verdict');
  }),
  five('of several that claim at the same moment, one wins', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    const other = await stage.another();
    const results = await Promise.all(
      [a, b, d, a].map((owner, index) =>
        (index % 2 === 0 ? stage.registry : other).claim({
          nodeId: 'c',
          epoch: c.epoch,
          ownerId: owner.nodeId,
          ownerEpoch: owner.epoch,
          claimId: `claim-${index}`,
          leaseMs,
          ...tries,
        }),
      ),
    );
    expectSame(results.filter(({ outcome }) => outcome === 'claimed').length, 1, 'the winners');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'recovery-started').length,
      1,
      'the claims in the log',
    );
  }),
  scene(
    'claims of many deaths at the same moment are each won once, with fences of their own',
    async (stage) => {
      const ids = Array.from({ length: 12 }, (_, index) => `n${index + 10}`);
      const [a, b, ...targets] = (await stage.joinAll('a', 'b', ...ids)) as [Life, Life, ...Life[]];
      for (const target of targets) await stage.kill(target, a, b);
      const other = await stage.another();
      const claims = targets.flatMap(({ nodeId, epoch }) =>
        [a, b].map((owner, index) =>
          (index === 0 ? stage.registry : other).claim({
            nodeId,
            epoch,
            ownerId: owner.nodeId,
            ownerEpoch: owner.epoch,
            claimId: stage.newId(),
            leaseMs,
            ...tries,
          }),
        ),
      );
      const results = await Promise.all(claims);
      const fences = results.flatMap((result) => (result.outcome === 'claimed' ? [result.fence] : []));
      expectSame([fences.length, new Set(fences).size], [12, 12], 'the winners and their fences');
      for (const result of results)
        if (result.outcome === 'refused') expectSame(result, refused('held'), 'a loser');
      const next = await stage.join('n10');
      await stage.kill(next, a, b);
      const last = await stage.mustClaim(a, next);
      expectThat(last.fence > Math.max(...fences), 'a larger fence of the next lease', [last.fence, fences]);
    },
  ),
  five('fences grow with every lease of the whole registry', async (stage, a, b, c, d) => {
    await stage.kill(c, a, b);
    await stage.kill(d, a, b);
    const first = await stage.mustClaim(a, c);
    const second = await stage.mustClaim(b, d);
    await stage.finish(c, first);
    const next = await stage.join('c');
    await stage.kill(next, a, b);
    const third = await stage.mustClaim(a, next);
    expectSame([first.fence, second.fence, third.fence], [1, 2, 3], 'the fences');
  }),
  five('nothing that is not open can be claimed', async (stage, a, b, c) => {
    expectSame(await stage.claim(a, c), refused('resolved'), 'without a verdict');
    await stage.kill(c, a, b);
    await stage.finish(c, await stage.mustClaim(a, c));
    expectSame(await stage.claim(b, c), refused('resolved'), 'after its end');
    expectSame(await stage.claim(b, { nodeId: 'stranger', epoch: 1 }), refused('resolved'), 'of a stranger');
  }),
  five('a node that is over, has left or is dead cannot claim', async (stage, a, b, c, d, e) => {
    await stage.kill(c, a, b);
    await stage.kill(d, a, b);
    expectSame(await stage.claim(d, c), refused('owner-over'), 'a dead one');
    await stage.join('a');
    expectSame(await stage.claim(a, c), refused('owner-over'), 'an old epoch');
    await stage.registry.leave(e);
    expectSame(await stage.claim(e, c), refused('owner-over'), 'one that left');
    expectLike(await stage.claim(b, c), { outcome: 'claimed' }, 'one that lives');
  }),
  five('no recovery of a node in maintenance, and one after it', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 });
    expectLike(await stage.registry.readNode('c'), { lifecycle: 'dead' }, 'the dead node during it');
    expectSame(await stage.claim(a, c), refused('maintenance'), 'the claim during it');
    await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
    expectLike(await stage.claim(a, c), { outcome: 'claimed' }, 'after it');
  }),
  five('a restart before the claim supersedes the verdict', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.join('c');
    expectSame(await resolutionOf(stage, 'c'), 'superseded', 'its resolution');
    expectSame(await stage.claim(a, c), refused('resolved'), 'the claim');
    expectSame((await stage.round(a)).openVerdicts, [], 'what is open');
  }),
  five('a leave before the claim closes the verdict', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.registry.leave(c);
    expectSame(await resolutionOf(stage, 'c'), 'left', 'its resolution');
    expectSame(await stage.claim(a, c), refused('resolved'), 'the claim');
  }),
  five('an answer before the claim closes the verdict, once', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    await stage.say(b, 'recovered', c);
    await stage.say(a, 'recovered', c);
    expectSame(await resolutionOf(stage, 'c'), 'returned', 'its resolution');
    expectSame(await stage.claim(a, c), refused('resolved'), 'the claim');
    expectSame(
      (await stage.eventKinds()).filter((kind) => kind === 'verdict-closed').length,
      1,
      'the closings in the log',
    );
  }),
  five(
    'an answer from before the verdict does not close it, however late it comes',
    async (stage, a, b, c, d) => {
      expectLike(await stage.registry.readNode('c'), { decisionCount: 0 }, 'the node before the verdict');
      await stage.kill(c, a, b);
      expectLike(await stage.registry.readNode('c'), { decisionCount: 1 }, 'the node after it');
      await stage.say(d, 'suspect', c);
      await stage.say(d, 'recovered', c, 0);
      expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
      const lease = await stage.mustClaim(a, c);
      await stage.say(b, 'recovered', c, 0);
      expectSame(
        await stage.registry.renew({ ...leaseOf(c, lease), leaseMs }),
        { outcome: 'renewed', hasReturned: false },
        'the renewal',
      );
    },
  ),
  five(
    'an answer that the observer gave to the first verdict does not close the second',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.say(a, 'recovered', c);
      expectLike(await stage.registry.readNode('c'), { lifecycle: 'alive', decisionCount: 1 }, 'the node');
      await stage.kill(c, a, b);
      await stage.say(a, 'recovered', c, 1);
      expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
      await stage.say(b, 'recovered', c, 2);
      expectSame(
        await resolutionOf(stage, 'c'),
        'returned',
        'its resolution after an answer that knew of it',
      );
    },
  ),
  five('a running recovery is told that the node has answered', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    const renewal = { ...leaseOf(c, lease), leaseMs };
    expectSame(await stage.registry.renew(renewal), { outcome: 'renewed', hasReturned: false }, 'before');
    await stage.say(b, 'recovered', c);
    expectSame(await stage.registry.renew(renewal), { outcome: 'renewed', hasReturned: true }, 'after');
    expectSame(await stage.finish(c, lease), 'recorded', 'the end');
    expectSame(await resolutionOf(stage, 'c'), 'completed', 'its resolution');
  }),
  five(
    'a running recovery is told that the node has restarted, and ends as it ends',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      await stage.join('c');
      expectSame(
        await stage.registry.renew({ ...leaseOf(c, lease), leaseMs }),
        { outcome: 'renewed', hasReturned: true },
        'the renewal',
      );
      expectSame(await stage.finish(c, lease, 'failed', 'no disk'), 'recorded', 'the end');
      expectSame(await resolutionOf(stage, 'c'), 'superseded', 'its resolution: it is not tried again');
      expectSame(await stage.claim(b, c), refused('resolved'), 'the claim of another');
    },
  ),
  five('a claim that has ended does not begin again', async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    await stage.registry.finish({
      ...leaseOf(c, lease),
      outcome: 'failed',
      error: 'no',
      retryAfterMs: 0,
      ...tries,
    });
    expectSame(await stage.claim(a, c, lease.claimId), refused('held'), 'the same claim');
    expectLike(await stage.claim(a, c), { outcome: 'claimed', fence: 2 }, 'a new claim');
  }),
  five("another lease's end or renewal is lost", async (stage, a, b, c) => {
    await stage.kill(c, a, b);
    const lease = await stage.mustClaim(a, c);
    expectSame(await stage.finish(c, { ...lease, fence: lease.fence + 1 }), 'lost', 'with another fence');
    expectSame(await stage.finish(c, { ...lease, claimId: 'other' }), 'lost', 'with another claim');
    expectSame(
      await stage.registry.renew({ ...leaseOf(c, { ...lease, claimId: 'other' }), leaseMs }),
      { outcome: 'lost' },
      'a renewal with another claim',
    );
    expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
  }),
];
