/**
 * Hardships of the registry: leaders with other clocks, outages, a full disk, rows that another program deletes, a shaky
 * link when a verdict is due. Where they could
 * mislead the count of voters, nodes are wrongly accused too.
 */
import { timeToDeathMs } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import { drawAccusations } from './accusations.ts';
import { type DrawHardship, drawAt, drawEarlyAt, drawSpan } from './frame.ts';

/** The registry has no leader for a while; the next one has another clock. */
export const drawLeaderChange: DrawHardship = (random, frame) =>
  Array.from({ length: random.integer(1, 3) }, (): PlannedFault[] => {
    const at = drawAt(random, frame);
    const durationMs = random.integer(1, 20) * frame.settings.probeIntervalMs;
    const byMs = random.pick([-1, 1]) * random.pick([20, 300, 2_000, 15_000, 120_000]);
    return [
      { at, kind: 'registry', state: 'no-leader', durationMs },
      { at: at + durationMs, kind: 'registry-clock', byMs },
    ];
  }).flat();

/** A node dies, and some calls do not reach the registry when its observers are about to ask for the verdict. */
export const drawShakyRegistry: DrawHardship = (random, frame) => {
  const { settings, nodeIds } = frame;
  const { at } = drawSpan(random, frame);
  const askedAfterMs = timeToDeathMs(settings) + settings.answerWindowMs * random.between(-0.5, 0.7);
  const durationMs = random.integer(4, 20) * settings.probeIntervalMs;
  const fault = {
    to: [registryHost],
    lossRate: random.pick([0.3, 0.6]),
    how: random.pick(['dropped', 'rejected'] as const),
  };
  const how = random.pick(['process', 'machine'] as const);
  return [
    { at, kind: 'crash', nodeIds: [random.pick(nodeIds)], how, backAfterMs: null },
    { at: Math.round(at + askedAfterMs), kind: 'link', fault, durationMs },
  ];
};

/** The registry takes no writes for a while, as on a full disk: some nodes die meanwhile, or are wrongly accused. */
export const drawUnwritable: DrawHardship = (random, frame) => {
  const { settings, nodeIds } = frame;
  const deathMs = timeToDeathMs(settings) + settings.answerWindowMs;
  const unitMs = random.pick([settings.heartbeatWindowMs, deathMs, 3 * deathMs]);
  const durationMs = Math.round(unitMs * random.between(0.3, 2));
  const at = drawEarlyAt(random, frame, durationMs);
  const diesAt = Math.max(frame.beginAt, Math.round(at + durationMs * random.between(-0.3, 1.1)));
  const backAfterMs = random.chance(0.5) ? Math.round(durationMs * random.between(0.1, 2)) : null;
  const victims = random.sample(nodeIds, random.pick([0, 1, 1, 2]));
  return [
    { at, kind: 'registry', state: 'unwritable', durationMs },
    ...victims.map(
      (id): PlannedFault => ({ at: diesAt, kind: 'crash', nodeIds: [id], how: 'process', backAfterMs }),
    ),
    ...(random.chance(0.4) ? drawAccusations(random, frame, at, at + durationMs, 2) : []),
  ];
};

/** A clean-up job deletes rows of `dns_nodes` again and again, of one node, some or all; some of these nodes die. */
export const drawRowsDeleted: DrawHardship = (random, frame) => {
  const { settings, nodeIds } = frame;
  const some = random.sample(nodeIds, random.pick([1, 2, nodeIds.length]));
  const everyMs = settings.heartbeatIntervalMs * random.between(0.3, 5);
  const firstAt = drawEarlyAt(random, frame, 0);
  const times = Array.from({ length: random.integer(1, 8) }, (_, index) => firstAt + index * everyMs);
  const diesAt = Math.round(firstAt + everyMs * random.between(0, times.length));
  const backAfterMs = random.chance(0.5) ? Math.round(everyMs * random.between(0.1, 5)) : null;
  return [
    ...times.map((at): PlannedFault => ({ at: Math.round(at), kind: 'delete-rows', nodeIds: some })),
    ...random
      .sample(some, random.pick([0, 1]))
      .map((id): PlannedFault => ({ at: diesAt, kind: 'crash', nodeIds: [id], how: 'process', backAfterMs })),
  ];
};

/** Each next leader's clock is far ahead, and perhaps the last one's is far behind. None is back within a heartbeat. */
export const drawClockAhead: DrawHardship = (random, frame) => {
  const { membershipWindowMs, heartbeatIntervalMs } = frame.settings;
  const firstAt = drawEarlyAt(random, frame, 0);
  const steps: PlannedFault[] = [];
  let at = firstAt;
  for (let left = random.integer(3, 12); left > 0; left--) {
    const isBack = left === 1 && random.chance(0.4);
    const byMs = membershipWindowMs * (isBack ? -random.pick([1.05, 3]) : random.pick([1.05, 2, 60]));
    steps.push({ at: Math.round(at), kind: 'registry-clock', byMs: Math.round(byMs) });
    at += heartbeatIntervalMs * random.between(0.5, 2.5);
  }
  return [...drawAccusations(random, frame, firstAt, at), ...steps];
};

/** A leader whose clock is far off, mostly behind, leads for less than a heartbeat, again and again. */
export const drawFlappingClock: DrawHardship = (random, frame) => {
  const { membershipWindowMs, heartbeatIntervalMs } = frame.settings;
  const firstAt = drawEarlyAt(random, frame, 0);
  const steps: PlannedFault[] = [];
  let at = firstAt;
  for (let left = random.integer(3, 12); left > 0; left--) {
    const byMs = Math.round(membershipWindowMs * random.pick([-1.05, -2, -60, 1.05]));
    const backAt = at + heartbeatIntervalMs * random.between(0.3, 0.98);
    steps.push({ at: Math.round(at), kind: 'registry-clock', byMs });
    steps.push({ at: Math.round(backAt), kind: 'registry-clock', byMs: -byMs });
    at = backAt + heartbeatIntervalMs * random.between(0.2, 2);
  }
  return [...drawAccusations(random, frame, firstAt, at, 1), ...steps];
};

/** The registry is away for longer than the membership window. */
export const drawLongOutage: DrawHardship = (random, frame) => {
  const durationMs = Math.round(frame.settings.membershipWindowMs * random.between(1.05, 1.6));
  const at = drawEarlyAt(random, frame, durationMs);
  const byMs = random.pick([-1, 1]) * random.pick([20, 2_000, 120_000]);
  return [
    { at, kind: 'registry', state: random.pick(['no-leader', 'silent']), durationMs },
    ...(random.chance(0.3) ? [{ at: at + durationMs, kind: 'registry-clock', byMs } as const] : []),
    ...drawAccusations(random, frame, at + durationMs, at + 1.05 * durationMs),
  ];
};
