/** Cases: how long the right to run a recovery lasts, whatever the registry's clock does. */
import { expectLike, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { leaseOf, refused, resolutionOf } from './registry-recovery-cases.ts';
import { leaseMs } from './registry-requests.ts';
import { five } from './registry-scene.ts';

export const leaseCases: readonly RegistryContractCase[] = [
  five(
    'a lease that has run out is taken over with a larger fence, and the old one is lost',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const old = await stage.mustClaim(a, c);
      await stage.advance(leaseMs - 1_000);
      expectSame(await stage.claim(b, c), refused('held'), 'while it runs');
      await stage.advance(2_000);
      const taken = await stage.mustClaim(b, c);
      expectThat(taken.fence > old.fence, 'a larger fence', [old.fence, taken.fence]);
      expectSame(
        await stage.registry.renew({ ...leaseOf(c, old), leaseMs }),
        { outcome: 'lost' },
        'the old renewal',
      );
      expectSame(await stage.finish(c, old), 'lost', 'the old end');
      expectSame(await resolutionOf(stage, 'c'), null, 'its resolution');
      expectSame(await stage.finish(c, taken), 'recorded', 'the new end');
    },
    ['clock'],
  ),
  five(
    'a lease that is renewed stays, and one that ran out unclaimed may still be renewed',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      const renewal = { ...leaseOf(c, lease), leaseMs };
      await stage.advance(leaseMs - 1_000);
      expectLike(await stage.registry.renew(renewal), { outcome: 'renewed' }, 'in time');
      await stage.advance(leaseMs - 1_000);
      expectSame(await stage.claim(b, c), refused('held'), 'the claim of another');
      await stage.advance(2_000);
      expectLike(await stage.registry.renew(renewal), { outcome: 'renewed' }, 'late, but before any other');
      expectSame(await stage.claim(b, c), refused('held'), 'the claim of another after that');
    },
    ['clock'],
  ),
  five(
    'of an owner that died half-way the recovery is taken over',
    async (stage, a, b, c, d) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(a, c);
      await stage.kill(a, b, d);
      await stage.advance(leaseMs + 1_000);
      expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'the claim of another');
    },
    ['clock'],
  ),
  five(
    'a failed attempt is tried again after its backoff, with what it said',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      expectSame(await stage.finish(c, lease, 'failed', `it's "broken"`), 'recorded', 'the end');
      expectSame(await stage.claim(b, c), refused('held'), 'during the backoff');
      expectLike((await stage.round(a)).openVerdicts[0], { isClaimable: false }, 'during the backoff');
      await stage.advance(5_001);
      const [open] = (await stage.round(a)).openVerdicts;
      expectLike(open, { isClaimable: true }, 'after it');
      expectLike(
        open?.verdict,
        { lastError: `it's "broken"`, attemptCount: 1, resolution: null },
        'its verdict',
      );
      expectLike(await stage.claim(b, c), { outcome: 'claimed', fence: 2 }, 'the next attempt');
    },
    ['clock'],
  ),
  five(
    'a clock that is set back holds a lease for no longer than twice its length',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const old = await stage.mustClaim(a, c);
      await stage.advance(-1_000);
      expectSame(await stage.claim(b, c), refused('held'), 'a second earlier');
      await stage.advance(-3_600_000);
      expectLike((await stage.round(b)).openVerdicts[0], { isClaimable: true }, 'an hour earlier');
      const taken = await stage.mustClaim(b, c);
      expectThat(taken.fence > old.fence, 'a larger fence', [old.fence, taken.fence]);
      expectSame(
        await stage.registry.renew({ ...leaseOf(c, old), leaseMs }),
        { outcome: 'lost' },
        'the old renewal',
      );
      expectSame(await stage.claim(a, c), refused('held'), 'the new lease');
      expectSame(await stage.finish(c, taken), 'recorded', 'its end');
    },
    ['clock'],
  ),
  five(
    'a lease that is renewed after the clock was set back is held again',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      const lease = await stage.mustClaim(a, c);
      await stage.advance(-3_600_000);
      expectLike(
        await stage.registry.renew({ ...leaseOf(c, lease), leaseMs }),
        { outcome: 'renewed' },
        'the renewal',
      );
      expectSame(await stage.claim(b, c), refused('held'), 'the claim of another');
      expectLike((await stage.round(b)).openVerdicts[0], { isClaimable: false }, 'as it is read');
      await stage.advance(leaseMs + 1_000);
      expectLike(await stage.claim(b, c), { outcome: 'claimed' }, 'after its end');
    },
    ['clock'],
  ),
  five(
    'a clock that is set back holds a backoff for no longer than twice its length',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.finish(c, await stage.mustClaim(a, c), 'failed', 'no');
      await stage.advance(-3_600_000);
      const taken = await stage.mustClaim(b, c);
      await stage.advance(leaseMs + 1_000);
      expectLike(await stage.claim(a, c), { outcome: 'claimed', fence: taken.fence + 1 }, 'the takeover');
    },
    ['clock'],
  ),
  five(
    'a clock that is set back keeps no verdict open on a node that has restarted',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(a, c);
      await stage.join('c');
      await stage.advance(-3_600_000);
      expectSame(await stage.claim(b, c), refused('resolved'), 'the claim');
      expectSame(await resolutionOf(stage, 'c'), 'superseded', 'its resolution');
    },
    ['clock'],
  ),
  five(
    'a maintenance that holds a verdict after its lease has ended lets go of it at its own end',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      await stage.mustClaim(a, c);
      await stage.advance(leaseMs + 1_000);
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 7 * 86_400_000 });
      expectSame(await stage.claim(b, c), refused('maintenance'), 'during it');
      await stage.advance(60_000);
      await stage.registry.setMaintenance({ nodeId: 'c', durationMs: 0 });
      expectLike(await stage.claim(b, c), { outcome: 'claimed' }, 'after its end');
    },
    ['clock'],
  ),
  five(
    'a maintenance that another program has begun holds a verdict at once',
    async (stage, a, b) => {
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1' });
      await stage.imported(a);
      const x = { nodeId: 'x', epoch: 0 };
      await stage.kill(x, a, b);
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1', status: 'maintenance' });
      expectSame(await stage.claim(a, x), refused('maintenance'), 'the claim');
    },
    ['original'],
  ),
];
