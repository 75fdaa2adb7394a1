/**
 * Single faults of a few kinds at will, the same few for the whole time of a world. Not for: faults that belong together
 * (hardships.ts).
 */
import type { Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { evenly } from '../latency.ts';
import { registryHost } from '../network.ts';
import type { SeededRandom } from '../random.ts';
import { drawRun, drawSpan, type HardshipFrame } from './frame.ts';

const faultKinds = [
  'crash',
  'pause',
  'cut',
  'link',
  'loss',
  'latency',
  'registry',
  'registry-clock',
  'wall-clock',
  'leave',
  'maintenance',
  'restart-all',
] as const satisfies readonly PlannedFault['kind'][];

type FaultKind = (typeof faultKinds)[number];

/** Draws 1 to 14 faults of up to six kinds. */
export function drawSingleFaults(random: SeededRandom, frame: HardshipFrame): PlannedFault[] {
  const kinds = random.sample(faultKinds, random.integer(1, 6));
  return Array.from({ length: random.integer(1, 14) }, () =>
    drawFault(random, random.pick(kinds), { ...frame, ...drawSpan(random, frame) }),
  );
}

interface FaultFrame {
  readonly at: number;
  readonly durationMs: number;
  readonly nodeIds: readonly string[];
  readonly settings: Settings;
}

function drawFault(random: SeededRandom, kind: FaultKind, frame: FaultFrame): PlannedFault {
  const { at, durationMs, nodeIds, settings } = frame;
  const unitMs = settings.probeIntervalMs;
  const nodeId = random.pick(nodeIds);
  const backAfterMs = random.chance(0.7) ? durationMs : null;
  switch (kind) {
    case 'crash':
      return {
        at,
        kind,
        nodeIds: drawVictims(random, nodeIds),
        how: random.pick(['process', 'machine']),
        backAfterMs,
      };
    case 'pause':
      return {
        at,
        kind,
        nodeId,
        durationMs: Math.min(durationMs, random.pick([2, 10, 40]) * unitMs),
        how: random.pick(['stalled', 'suspended']),
      };
    case 'cut':
      return { at, kind, durationMs, ...drawSides(random, nodeIds) };
    case 'link':
      return { at, kind, durationMs, fault: drawLink(random, nodeIds, unitMs) };
    case 'loss':
      return { at, kind, durationMs, lossRate: random.pick([0.05, 0.2, 0.5]) };
    case 'latency':
      return { at, kind, durationMs, latency: evenly(0, settings.probeTimeoutMs * random.pick([0.3, 1, 3])) };
    case 'registry':
      return { at, kind, durationMs, state: random.pick(['no-leader', 'silent']) };
    case 'registry-clock':
      return { at, kind, byMs: random.pick([-1, 1]) * random.pick([500, 5_000, 60_000, 600_000]) };
    case 'wall-clock':
      return { at, kind, nodeId, byMs: random.pick([-1, 1]) * random.pick([500, 60_000, 3_600_000]) };
    case 'leave':
      return { at, kind, nodeId, backAfterMs };
    case 'maintenance':
      return { at, kind, nodeId, durationMs };
    case 'restart-all':
      return { at, kind, downForMs: random.integer(1, 30) * unitMs };
  }
}

/** One node, some nodes, or ids in a row. */
function drawVictims(random: SeededRandom, nodeIds: readonly string[]): string[] {
  const count = random.pick([1, 1, 1, 2, 3, Math.ceil(nodeIds.length / 3)]);
  return random.chance(0.5) ? random.sample(nodeIds, count) : drawRun(random, nodeIds, count);
}

function drawSides(
  random: SeededRandom,
  nodeIds: readonly string[],
): { some: readonly string[]; others: readonly string[] } {
  const some = random.sample(nodeIds, random.integer(1, Math.max(1, Math.floor(nodeIds.length / 2))));
  const others = nodeIds.filter((id) => !some.includes(id));
  const registrySide = random.pick(['some', 'others', 'none']);
  if (registrySide === 'some') return { some: [...some, registryHost], others };
  return { some, others: registrySide === 'others' ? [...others, registryHost] : others };
}

/** Who sends and who receives: one node, the registry, or all. */
function drawLink(random: SeededRandom, nodeIds: readonly string[], unitMs: number) {
  const someone = (): { hosts?: readonly string[] } =>
    random.pick([
      {},
      { hosts: [random.pick(nodeIds)] },
      { hosts: random.sample(nodeIds, 2) },
      { hosts: [registryHost] },
    ]);
  const from = someone().hosts;
  const to = from === undefined ? [random.pick(nodeIds)] : someone().hosts;
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    lossRate: random.pick([0.2, 0.8, 1, 1]),
    how: random.pick(['dropped', 'dropped', 'rejected'] as const),
    ...(random.chance(0.3)
      ? { flipFlop: { badMs: random.integer(1, 10) * unitMs, goodMs: random.integer(1, 10) * unitMs } }
      : {}),
  };
}
