/** An experiment's result in a few numbers. */
import type { ExperimentResult, FalseAccusation, MeasuredDeath } from './experiment.ts';
import { statementsOf } from './statements-per-call.ts';

/** Some durations. null where there were none. */
export interface Spread {
  readonly count: number;
  readonly medianMs: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** Accusations of nodes that lived. */
export interface FalseCounts {
  readonly count: number;
  /** Of healthy nodes, by whomever: the worse kind. */
  readonly ofHealthyCount: number;
  /** By healthy observers, of whomever. */
  readonly byHealthyCount: number;
  readonly perNodeYear: number;
  readonly ofHealthyPerNodeYear: number;
}

/** What an experiment came to. */
export interface ExperimentSummary {
  readonly deathCount: number;
  /** Milliseconds from the death. */
  readonly timeToSuspect: Spread;
  readonly timeToVerdict: Spread;
  readonly timeToRecovered: Spread;
  /** Deaths without any verdict; a node that is back before one needs none, see `neverConfirmedBackCount`. */
  readonly neverConfirmedCount: number;
  /** Of those: the node was back before the end. */
  readonly neverConfirmedBackCount: number;
  /** Deaths by the number of runs of a recovery handler. */
  readonly neverRecoveredCount: number;
  readonly recoveredOnceCount: number;
  readonly recoveredMoreThanOnceCount: number;
  readonly falseSuspicions: FalseCounts;
  readonly falseVerdicts: FalseCounts;
  readonly probesPerNodeHour: number;
  readonly probeBytesPerNodeHour: number;
  readonly registryCallsPerNodeHour: number;
  /** SQL statements of those calls; see statements-per-call.ts. */
  readonly registryStatementsPerNodeHour: number;
  /** The same by the name of the call. */
  readonly registryCallsPerNodeHourByName: Readonly<Record<string, number>>;
}

const yearHours = 365.25 * 24;

/** Sums up. */
export function summarize(result: ExperimentResult): ExperimentSummary {
  const { deaths, falseAccusations, cost, nodeYears } = result;
  const nodeHours = nodeYears * yearHours;
  const perNodeHour = (count: number): number => (nodeHours === 0 ? 0 : count / nodeHours);
  const unconfirmed = deaths.filter(({ verdictMs }) => verdictMs === null);
  const ranTimes = (holds: (runCount: number) => boolean): number =>
    deaths.filter(({ runCount }) => holds(runCount)).length;
  const calls = Object.entries(cost.registryCalls);
  return {
    deathCount: deaths.length,
    timeToSuspect: spreadOf(deaths, 'suspectMs'),
    timeToVerdict: spreadOf(deaths, 'verdictMs'),
    timeToRecovered: spreadOf(deaths, 'recoveredMs'),
    neverConfirmedCount: unconfirmed.length,
    neverConfirmedBackCount: unconfirmed.filter(({ backMs }) => backMs !== null).length,
    neverRecoveredCount: ranTimes((runCount) => runCount === 0),
    recoveredOnceCount: ranTimes((runCount) => runCount === 1),
    recoveredMoreThanOnceCount: ranTimes((runCount) => runCount > 1),
    falseSuspicions: falseCounts(falseAccusations, 'suspect', nodeYears),
    falseVerdicts: falseCounts(falseAccusations, 'verdict', nodeYears),
    probesPerNodeHour: perNodeHour(cost.probeCount),
    probeBytesPerNodeHour: perNodeHour(cost.probeBytes),
    registryCallsPerNodeHour: perNodeHour(calls.reduce((sum, [, count]) => sum + count, 0)),
    registryStatementsPerNodeHour: perNodeHour(statementsOf(cost.registryCalls)),
    registryCallsPerNodeHourByName: Object.fromEntries(
      calls.map(([name, count]) => [name, perNodeHour(count)]),
    ),
  };
}

function spreadOf(deaths: readonly MeasuredDeath[], name: 'suspectMs' | 'verdictMs' | 'recoveredMs'): Spread {
  const values = deaths
    .map((death) => death[name])
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  // The nearest rank: the least value that at least that part of all do not exceed.
  const at = (part: number): number | null =>
    values[Math.max(0, Math.ceil(part * values.length) - 1)] ?? null;
  return { count: values.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function falseCounts(
  all: readonly FalseAccusation[],
  kind: FalseAccusation['kind'],
  nodeYears: number,
): FalseCounts {
  const these = all.filter((accusation) => accusation.kind === kind);
  const ofHealthyCount = these.filter(({ isOfHealthy }) => isOfHealthy).length;
  const perNodeYear = (count: number): number => (nodeYears === 0 ? 0 : count / nodeYears);
  return {
    count: these.length,
    ofHealthyCount,
    byHealthyCount: these.filter(({ isByHealthy }) => isByHealthy).length,
    perNodeYear: perNodeYear(these.length),
    ofHealthyPerNodeYear: perNodeYear(ofHealthyCount),
  };
}
