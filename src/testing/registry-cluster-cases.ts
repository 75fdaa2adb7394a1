/** Cases: what the reading of the whole cluster says of the brake and of who works on a recovery. */
import { expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { five, type Life, leaseMs, type Scene, scene, windowMs } from './registry-scene.ts';

export const clusterCases: readonly RegistryContractCase[] = [
  scene(
    'the brake of the whole cluster is counted by the rule of the decision',
    async (stage) => {
      const lives: Life[] = [];
      for (const id of ['a', 'b', 'c', 'd']) lives.push(await stage.join(id, { hasHandler: false }));
      const [a, b, c] = lives as [Life, Life, Life];
      await stage.kill(c, a, b);
      const brake = async (brakeWindowMs?: number): Promise<unknown> => {
        const request = {
          membershipWindowMs: windowMs,
          ...(brakeWindowMs === undefined ? {} : { brakeWindowMs }),
        };
        const { unresolvedCount, memberCount } = await stage.registry.readCluster(request);
        return [unresolvedCount, memberCount];
      };
      expectSame(await brake(60_000), [1, 4], 'at once');
      await stage.advance(61_000);
      expectSame(await brake(60_000), [0, 3], 'when the window has passed and nobody could recover it');
      expectSame(await brake(), [1, 4], 'without a window');
      await stage.registry.setHandler({ ...a, hasHandler: true });
      expectSame(await brake(60_000), [1, 4], 'when somebody could');
      await stage.registry.leave(a);
      expectSame(await brake(60_000), [0, 2], 'when the one who could has left');
    },
    ['clock'],
  ),
  five(
    'of a recovery one reads whether a lease runs, has run out, or its attempt has failed',
    async (stage, a, b, c) => {
      await stage.kill(c, a, b);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'before the claim');
      const lease = await stage.mustClaim(a, c);
      await stage.advance(1_000);
      expectSame(await holdOf(stage), { leaseLeftMs: 'ahead', retryInMs: null }, 'under the lease');
      await stage.finish(c, lease, 'failed', 'no');
      await stage.advance(1_000);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: 'ahead' }, 'during the backoff');
      await stage.advance(5_000);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: 0 }, 'after it');
      const last = await stage.mustClaim(b, c);
      await stage.advance(leaseMs);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'when the lease has run out');
      await stage.finish(c, last);
      expectSame(await holdOf(stage), { leaseLeftMs: null, retryInMs: null }, 'when it is resolved');
    },
    ['clock'],
  ),
];

async function holdOf(stage: Scene): Promise<unknown> {
  const { verdicts } = await stage.registry.readCluster({ membershipWindowMs: windowMs });
  const { leaseLeftMs, retryInMs } = verdicts[0] ?? {};
  return { leaseLeftMs: within(leaseLeftMs, leaseMs), retryInMs: within(retryInMs, 5_000) };
}

/** `ahead` for what is between 0 and `lengthMs`: a real clock has gone on meanwhile. */
function within(leftMs: number | null | undefined, lengthMs: number): unknown {
  return typeof leftMs === 'number' && leftMs > 0 && leftMs < lengthMs ? 'ahead' : leftMs;
}
