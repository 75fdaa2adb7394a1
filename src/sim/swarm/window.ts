/**
 * Faults that outlast the membership window: steps of the registry's clock past it, outages longer than it, and deaths
 * in maintenances longer than it. Where they could mislead the count of voters, somebody is wrongly accused too.
 */
import { timeToDeathMs } from '../../core/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import type { DrawHardship, HardshipFrame } from './frame.ts';

const flappingClock = 'clock past the window for less than a heartbeat';

/** Every one of the others by name. */
const longHardships = {
  /** Each next leader's clock is far ahead, and perhaps the last one's is far behind. None is back within a heartbeat. */
  'clock past the window': (random, frame) => {
    const { membershipWindowMs, heartbeatIntervalMs } = frame.settings;
    const firstAt = drawStart(random, frame, 0);
    const steps: PlannedFault[] = [];
    let at = firstAt;
    for (let left = random.integer(3, 12); left > 0; left--) {
      const isBack = left === 1 && random.chance(0.4);
      const byMs = membershipWindowMs * (isBack ? -random.pick([1.05, 3]) : random.pick([1.05, 2, 60]));
      steps.push({ at: Math.round(at), kind: 'registry-clock', byMs: Math.round(byMs) });
      at += heartbeatIntervalMs * random.between(0.5, 2.5);
    }
    return [...drawAccusations(random, frame, firstAt, at), ...steps];
  },

  'outage past the window': (random, frame) => {
    const durationMs = Math.round(frame.settings.membershipWindowMs * random.between(1.05, 1.6));
    const at = drawStart(random, frame, durationMs);
    const byMs = random.pick([-1, 1]) * random.pick([20, 2_000, 120_000]);
    return [
      { at, kind: 'registry', state: random.pick(['no-leader', 'silent']), durationMs },
      ...(random.chance(0.3) ? [{ at: at + durationMs, kind: 'registry-clock', byMs } as const] : []),
      ...drawAccusations(random, frame, at + durationMs, at + 1.05 * durationMs),
    ];
  },

  'maintenance past the window': (random, frame) => {
    const { membershipWindowMs } = frame.settings;
    const durationMs = Math.round(membershipWindowMs * random.between(1.2, 1.6));
    // It ends when the faults have ended, so that somebody owes it a verdict.
    const at = Math.max(frame.beginAt, Math.round(frame.endAt - durationMs * random.between(0.3, 1)));
    const diesAt = Math.round(at + membershipWindowMs * random.between(0, 0.15));
    const nodeIds = random.sample(frame.nodeIds, random.integer(1, Math.ceil(frame.nodeIds.length / 3)));
    const how = random.pick(['process', 'machine'] as const);
    return [
      ...nodeIds.map((nodeId): PlannedFault => ({ at, kind: 'maintenance', nodeId, durationMs })),
      { at: diesAt, kind: 'crash', nodeIds, how, backAfterMs: null },
    ];
  },
} as const satisfies Record<string, DrawHardship>;

/** The name of such a hardship. */
export type LongHardship = keyof typeof longHardships | typeof flappingClock;

/** A leader whose clock is far off, mostly behind, leads for less than a heartbeat. */
export function drawFlappingClock(
  random: SeededRandom,
  frame: Omit<HardshipFrame, 'laterIds'>,
): { readonly name: LongHardship; readonly faults: readonly PlannedFault[] } {
  const { membershipWindowMs, heartbeatIntervalMs } = frame.settings;
  const firstAt = drawStart(random, frame, 0);
  const faults: PlannedFault[] = [];
  let at = firstAt;
  for (let left = random.integer(3, 12); left > 0; left--) {
    const byMs = Math.round(membershipWindowMs * random.pick([-1.05, -2, -60, 1.05]));
    const backAt = at + heartbeatIntervalMs * random.between(0.3, 0.98);
    faults.push({ at: Math.round(at), kind: 'registry-clock', byMs });
    faults.push({ at: Math.round(backAt), kind: 'registry-clock', byMs: -byMs });
    at = backAt + heartbeatIntervalMs * random.between(0.2, 2);
  }
  return { name: flappingClock, faults: [...drawAccusations(random, frame, firstAt, at, 1), ...faults] };
}

/** One of them. */
export function drawLongHardship(
  random: SeededRandom,
  frame: HardshipFrame,
): { readonly name: LongHardship; readonly faults: readonly PlannedFault[] } {
  const name = random.pick(Object.keys(longHardships) as (keyof typeof longHardships)[]);
  return { name, faults: longHardships[name](random.stream(name), frame) };
}

/** Early enough for it to end within the frame, where that is possible. */
function drawStart(
  random: SeededRandom,
  { beginAt, endAt }: Pick<HardshipFrame, 'beginAt' | 'endAt'>,
  durationMs: number,
): number {
  return Math.round(random.between(beginAt, Math.max(beginAt + 1, endAt - 1.1 * durationMs)));
}

/**
 * Some observers do not reach the node after them until then, and have voted by `from` or soon after. It
 * perhaps cannot say in the registry that it lives.
 */
function drawAccusations(
  random: SeededRandom,
  { nodeIds, settings, beginAt }: Omit<HardshipFrame, 'laterIds'>,
  from: number,
  until: number,
  most = 3,
): PlannedFault[] {
  const foundAfterMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const at = Math.max(beginAt, Math.round(from - foundAfterMs * random.between(0.3, 1.5)));
  const durationMs = Math.round(until - at + foundAfterMs * random.between(0, 1));
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
