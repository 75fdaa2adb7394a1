/**
 * The hardships of the swarm: faults that belong together, as they come in real clusters. One list, each with the chance
 * that a world has it. Not for: what a hardship consists of (the files beside this one), or faults at will
 * (single-faults.ts).
 */
import type { PlannedFault } from '../fault-plan.ts';
import type { SeededRandom } from '../random.ts';
import {
  drawHalfOpen,
  drawIdleCloses,
  drawPausedBehindSidecar,
  drawPortsRejected,
  drawSidecarRestarts,
} from './between-hardships.ts';
import { drawCascade, drawFlappingNode, drawManyAtOnce } from './brake-hardships.ts';
import type { DrawHardship, HardshipFrame } from './frame.ts';
import { drawColdStart, drawDeadAtTheEdge, drawLongGone, drawSameId } from './gone-hardships.ts';
import { drawApplicationsDie, drawHeartbeatsStop, drawProbesUnanswered } from './half-dead-hardships.ts';
import { drawForger, drawMessagesLate, drawMessagesLost } from './message-hardships.ts';
import {
  drawAftermath,
  drawChurn,
  drawComingAndGoing,
  drawDeathInMaintenance,
  drawDeathsInARow,
  drawJoins,
  drawLongMaintenance,
  drawSlowNodes,
  drawStutter,
} from './node-hardships.ts';
import { drawRackCutOff, drawRackLost, drawRacksFarApart, drawSlowDirections } from './place-hardships.ts';
import {
  drawClockAhead,
  drawFlappingClock,
  drawLeaderChange,
  drawLongOutage,
  drawRowsDeleted,
  drawShakyRegistry,
  drawUnwritable,
} from './registry-hardships.ts';
import { drawBackups, drawRestore } from './restore-hardship.ts';

interface Hardship {
  /** In a world that has any. */
  readonly chance: number;
  readonly draw: DrawHardship;
  /** Whether the faults of its world last until the nodes that it took down are back. */
  readonly isAwaited?: true;
}

const hardships: Readonly<Record<string, Hardship>> = {
  churn: { chance: 0.15, draw: drawChurn },
  'nodes that come and go': { chance: 0.15, draw: drawComingAndGoing },
  joins: { chance: 0.25, draw: drawJoins },
  'deaths in a row': { chance: 0.2, draw: drawDeathsInARow },
  aftermath: { chance: 0.2, draw: drawAftermath },
  'death in maintenance': { chance: 0.15, draw: drawDeathInMaintenance },
  'maintenance past the window': { chance: 0.1, draw: drawLongMaintenance },
  stutter: { chance: 0.25, draw: drawStutter },
  'slow nodes': { chance: 0.25, draw: drawSlowNodes },
  'rack lost': { chance: 0.2, draw: drawRackLost },
  'rack cut off': { chance: 0.2, draw: drawRackCutOff },
  'racks far apart': { chance: 0.15, draw: drawRacksFarApart },
  'slow directions': { chance: 0.15, draw: drawSlowDirections },
  'leader change': { chance: 0.2, draw: drawLeaderChange },
  'shaky registry at a verdict': { chance: 0.15, draw: drawShakyRegistry },
  'clock past the window': { chance: 0.1, draw: drawClockAhead },
  'clock past the window for less than a heartbeat': { chance: 0.2, draw: drawFlappingClock },
  'outage past the window': { chance: 0.1, draw: drawLongOutage },
  'registry unwritable': { chance: 0.15, draw: drawUnwritable },
  'rows deleted': { chance: 0.1, draw: drawRowsDeleted },
  'registry restored': { chance: 0.1, draw: drawRestore },
  'cold start': { chance: 0.1, draw: drawColdStart, isAwaited: true },
  'rows long gone': { chance: 0.12, draw: drawLongGone },
  'dead at the edge': { chance: 0.15, draw: drawDeadAtTheEdge },
  'same id again': { chance: 0.15, draw: drawSameId },
  'heartbeats stop': { chance: 0.15, draw: drawHeartbeatsStop },
  'probes unanswered': { chance: 0.1, draw: drawProbesUnanswered },
  'applications die': { chance: 0.25, draw: drawApplicationsDie },
  cascade: { chance: 0.15, draw: drawCascade },
  'node that flaps': { chance: 0.12, draw: drawFlappingNode },
  'many deaths at once': { chance: 0.15, draw: drawManyAtOnce },
  'sidecars restart': { chance: 0.15, draw: drawSidecarRestarts },
  'ports rejected': { chance: 0.12, draw: drawPortsRejected },
  'paused behind a sidecar': { chance: 0.12, draw: drawPausedBehindSidecar },
  'connections half open': { chance: 0.15, draw: drawHalfOpen },
  'idle connections closed': { chance: 0.15, draw: drawIdleCloses },
  'messages lost': { chance: 0.15, draw: drawMessagesLost },
  'messages late or doubled': { chance: 0.15, draw: drawMessagesLate },
  forger: { chance: 0.12, draw: drawForger },
  'backups young and old': { chance: 0.08, draw: drawBackups },
};

/** The part of the worlds that have none at all. */
const plainPart = 0.2;

/** What was drawn. */
export interface DrawnHardships {
  readonly names: readonly string[];
  readonly faults: readonly PlannedFault[];
  /** When the faults of the world end: with the frame, or later where something is awaited. */
  readonly endAt: number;
}

/** Draws each of them by its chance. What would begin after the frame's end is left out. */
export function drawHardships(random: SeededRandom, frame: HardshipFrame): DrawnHardships {
  if (random.chance(plainPart)) return { names: [], faults: [], endAt: frame.endAt };
  const drawn = Object.entries(hardships).map(([name, { chance, draw, isAwaited = false }]) => {
    const own = random.stream(name);
    const faults = own.chance(chance) ? draw(own, frame) : [];
    const endAt = isAwaited ? lastReturnOf(faults) + frame.settings.probeIntervalMs : 0;
    return { name, faults: faults.filter(({ at }) => at < frame.endAt), endAt };
  });
  return {
    names: drawn.flatMap(({ name, faults }) => (faults.length > 0 ? [name] : [])),
    faults: drawn.flatMap(({ faults }) => faults),
    endAt: Math.max(frame.endAt, ...drawn.map(({ endAt }) => endAt)),
  };
}

function lastReturnOf(faults: readonly PlannedFault[]): number {
  return Math.max(
    0,
    ...faults.map((fault) => (fault.kind === 'crash' ? fault.at + (fault.backAfterMs ?? 0) : 0)),
  );
}
