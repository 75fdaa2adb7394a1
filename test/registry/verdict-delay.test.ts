/** What verdict and claim add to the time to death; `bench/verdict-delay.mjs` prints it for every preset. */
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { presets } from '../../src/core/settings/config.ts';
import type { Entry } from '../../src/ports/registry.ts';
import { World } from '../../src/sim/world.ts';

it('a verdict and its claim come at most one round after the vote that made the quorum', async () => {
  let voters = new Set<string>();
  let [quorumAt, claimAt] = [Number.NaN, Number.NaN];
  const { probeIntervalMs } = presets.local;
  const world = new World({
    seed: 3,
    nodes: 6,
    drain: () => setImmediate(),
    preset: 'local',
    settings: { startupGracePeriodMs: 0, maxDeadFraction: 1, flapWindowMs: 0 },
    registryTaps: [
      ({ at, method, request }, result) => {
        if (method === 'record') {
          for (const { kind, observerId } of request as readonly Entry[])
            if (kind === 'dead') voters.add(observerId);
          if (voters.size >= 2 && Number.isNaN(quorumAt)) quorumAt = at;
        }
        const isClaimed = (result as { outcome?: unknown } | undefined)?.outcome === 'claimed';
        if (method === 'claim' && isClaimed) claimAt = at;
      },
    ],
  });
  const random = world.random('deaths');
  await world.runFor(5_000);
  for (let death = 0; death < 12; death++) {
    voters = new Set();
    [quorumAt, claimAt] = [Number.NaN, Number.NaN];
    const nodeId = random.pick([...world.nodes.keys()]);
    await world.runFor(2_000 + 500 * random.next());
    world.crash(nodeId);
    await world.runFor(8_000);
    // A round varies by a tenth, and the registry takes its time to answer.
    expect((claimAt - quorumAt) / (probeIntervalMs ?? 0)).toBeLessThanOrEqual(1.2);
    world.restart(nodeId);
    await world.runFor(5_000);
  }
});
