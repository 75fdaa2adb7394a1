/** Accusations that are wrong, for hardships that could mislead the count of voters. */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import type { HardshipFrame } from './frame.ts';

/**
 * One to `most` observers do not reach the node after them until then, and have voted by `from` or soon after. That
 * node perhaps cannot say in the registry that it lives.
 */
export function drawAccusations(
  random: SeededRandom,
  { nodeIds, settings, beginAt }: HardshipFrame,
  from: number,
  until: number,
  most = 3,
): PlannedFault[] {
  const foundAfterMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const at = Math.max(beginAt, Math.round(from - foundAfterMs * random.between(0.3, 1.5)));
  const durationMs = Math.max(0, Math.round(until - at + foundAfterMs * random.between(0, 1)));
  return random.sample(nodeIds, random.integer(1, most)).flatMap((observerId): PlannedFault[] => {
    const targetId = nodeIds[(nodeIds.indexOf(observerId) + 1) % nodeIds.length] ?? '';
    const broken = { from: [observerId], to: [targetId] };
    const unheard = { from: [targetId], to: [registryHost] };
    return [
      { at, kind: 'link', durationMs, fault: broken },
      ...(random.chance(0.7) ? [{ at, kind: 'link', durationMs, fault: unheard } as const] : []),
    ];
  });
}
