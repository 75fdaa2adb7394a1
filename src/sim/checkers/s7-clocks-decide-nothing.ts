/**
 * S7: no clock of any node, however wrong, changes any of these.
 *
 * Checked in two ways. The worlds of the swarm have clocks that are skewed, drift and step, and every other promise
 * is checked in them. And a world is run a second time as its twin, with other wall clocks: it must have the same
 * history, event by event. Three things stay the same in the twin:
 * - the speed of the clocks, since durations come from it;
 * - steps forward, since those look like a suspended machine, whose failed probes prove nothing;
 * - steps back about a suspension, since they hide it.
 */
import type { PlannedFault } from '../fault-plan.ts';
import { seededRandom } from '../random.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { nodeIdsOf } from '../world.ts';

/** The same world with other wall clocks. */
export function clockTwinOf(plan: SwarmPlan): SwarmPlan {
  const { options, seed } = plan;
  const clocks = nodeIdsOf(options.nodes).map((nodeId) => {
    const own = options.clocks?.[nodeId] ?? {};
    const otherBy = seededRandom(seed, `twin clock ${nodeId}`).integer(-100_000_000, 100_000_000);
    return [nodeId, { ...own, skewMs: (own.skewMs ?? 0) + otherBy }] as const;
  });
  return {
    ...plan,
    options: { ...options, clocks: Object.fromEntries(clocks) },
    faults: plan.faults.filter(
      (fault) => fault.kind !== 'wall-clock' || fault.byMs > 0 || isAboutSuspension(plan, fault),
    ),
  };
}

/** Whether no step of the observer's program may come between the node's suspension and that step of its clock. */
function isAboutSuspension(
  { faults, settings }: SwarmPlan,
  { nodeId, at }: Extract<PlannedFault, { kind: 'wall-clock' }>,
): boolean {
  const aboutMs = settings.probeIntervalMs * (1 + settings.jitter);
  return faults.some(
    (fault) =>
      fault.kind === 'pause' &&
      fault.how === 'suspended' &&
      fault.nodeId === nodeId &&
      at >= fault.at - aboutMs &&
      at <= fault.at + fault.durationMs + aboutMs,
  );
}

/** Where the stories of a world and of its twin part, in words; null when they are the same. */
export function firstDifference(story: readonly string[], twin: readonly string[]): string | null {
  for (let line = 0; line < Math.max(story.length, twin.length); line++) {
    if (story[line] !== twin[line])
      return `with other wall clocks "${story[line]?.trim() ?? 'nothing'}" becomes "${twin[line]?.trim() ?? 'nothing'}"`;
  }
  return null;
}
