/** The scene of a cluster that is shared with nodes that run the original. */
import type { RegistryContractCase } from './registry-harness.ts';
import { windowMs } from './registry-requests.ts';
import { type Life, lifeOf, type Scene, scene } from './registry-scene.ts';

/** A cluster in which a and b run Ringwatch, and x and y the original; their rows have been imported. */
export function mixed(
  title: string,
  run: (stage: Scene, a: Life, b: Life) => Promise<void>,
  needs: RegistryContractCase['needs'] = ['original'],
): RegistryContractCase {
  return scene(
    title,
    async (stage) => {
      const lives = await stage.joinAll('a', 'b');
      for (const id of ['x', 'y'])
        await stage.original.putNode({ id, ipAddress: `192.0.2.${id.charCodeAt(0)}` });
      await stage.imported(lifeOf(lives, 0));
      await run(stage, lifeOf(lives, 0), lifeOf(lives, 1));
    },
    needs,
  );
}

/** A node that runs the original. */
export const x: Life = { nodeId: 'x', epoch: 0 };

/** Lets a node that runs the original say that another one is dead. */
export async function saysDead(stage: Scene, observerId: string, targetId: string, agoMs = 0): Promise<void> {
  await stage.original.appendEvent({
    observerId,
    targetId,
    status: 'dead',
    createdAt: stage.original.timeAgo(agoMs),
  });
}

/** Lets so much time go by, and this node look through the rows every minute. */
export async function passes(
  stage: Scene,
  by: Life,
  durationMs: number,
  membershipWindowMs = windowMs,
): Promise<void> {
  for (let restMs = durationMs; restMs > 0; restMs -= 60_000) {
    await stage.advance(Math.min(restMs, 60_000));
    await stage.imported(by, membershipWindowMs);
  }
}
