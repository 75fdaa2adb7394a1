/** What came of one experiment, or of several side by side, as rows of text: for the terminal and for the page. Pure. */
import type { ExperimentResult } from '../../sim/experiment/experiment.ts';
import {
  type ExperimentSummary,
  type FalseCounts,
  type Spread,
  summarize,
} from '../../sim/experiment/summary.ts';
import { formatDuration } from '../durations.ts';
import { bytes, figure, percentage, whole } from './figures.ts';

/** A table of which every result has the same columns. */
export interface SummarySection {
  readonly title: string;
  /** Of each result. */
  readonly columns: readonly string[];
  readonly rows: readonly SummaryRow[];
  /** What a reader may take for worse than it is. */
  readonly note?: string;
}

/** Of fewer deaths a percentile says no more than their maximum. */
const leastForPercentile = 100;

export interface SummaryRow {
  readonly label: string;
  /** A part of the row above it. */
  readonly isPart: boolean;
  /** For each result its columns. */
  readonly cells: readonly (readonly string[])[];
}

/** All sections, in the order of reading. */
export function summarySections(results: readonly ExperimentResult[]): SummarySection[] {
  const summaries = results.map(summarize);
  const row = (label: string, cellsOf: (summary: ExperimentSummary) => string[]): SummaryRow => ({
    label,
    isPart: false,
    cells: summaries.map(cellsOf),
  });
  const part = (label: string, cellsOf: (summary: ExperimentSummary) => string[]): SummaryRow => ({
    ...row(label, cellsOf),
    isPart: true,
  });
  const isMany = summaries.some(({ deathCount }) => deathCount >= leastForPercentile);
  const spread = ({ medianMs, p99Ms, maxMs }: Spread): string[] =>
    (isMany ? [medianMs, p99Ms, maxMs] : [medianMs, maxMs]).map((ms) =>
      ms === null ? '–' : formatDuration(ms),
    );
  return [
    {
      title: 'After a death',
      columns: isMany ? ['median', 'p99', 'max'] : ['median', 'max'],
      rows: [
        row('suspected', ({ timeToSuspect }) => spread(timeToSuspect)),
        row('confirmed', ({ timeToVerdict }) => spread(timeToVerdict)),
        row('recovered', ({ timeToRecovered }) => spread(timeToRecovered)),
      ],
    },
    {
      title: 'Deaths',
      columns: ['count', 'part'],
      rows: [
        row('all', ({ deathCount }) => [whole(deathCount), '']),
        row('confirmed', (of) => ofDeaths(of, of.deathCount - of.neverConfirmedCount)),
        row('never confirmed', (of) => ofDeaths(of, of.neverConfirmedCount)),
        part('back before a verdict', (of) => ofDeaths(of, of.neverConfirmedBackCount)),
        row('recovery never begun', (of) => ofDeaths(of, of.neverRecoveredCount)),
        row('recovery begun once', (of) => ofDeaths(of, of.recoveredOnceCount)),
        row('more than once', (of) => ofDeaths(of, of.recoveredMoreThanOnceCount)),
      ],
    },
    {
      title: 'Accused, but alive',
      note: 'A suspicion does no harm: it is taken back when the node answers.',
      columns: ['count', 'per node-year'],
      rows: [
        row('suspicions', ({ falseSuspicions }) => accusations(falseSuspicions)),
        part('of healthy nodes', ({ falseSuspicions }) => accusationsOfHealthy(falseSuspicions)),
        row('verdicts', ({ falseVerdicts }) => accusations(falseVerdicts)),
        part('of healthy nodes', ({ falseVerdicts }) => accusationsOfHealthy(falseVerdicts)),
      ],
    },
    {
      title: 'Cost',
      columns: ['per node and hour'],
      rows: [
        row('probes', ({ probesPerNodeHour }) => [figure(probesPerNodeHour)]),
        row('bytes of probes', ({ probeBytesPerNodeHour }) => [bytes(probeBytesPerNodeHour)]),
        row('registry calls', ({ registryCallsPerNodeHour }) => [figure(registryCallsPerNodeHour)]),
        part('SQL statements', ({ registryStatementsPerNodeHour }) => [
          figure(registryStatementsPerNodeHour),
        ]),
      ],
    },
  ];
}

function ofDeaths({ deathCount }: ExperimentSummary, count: number): string[] {
  return [whole(count), deathCount === 0 ? '–' : percentage(count / deathCount)];
}

function accusations({ count, perNodeYear }: FalseCounts): string[] {
  return [whole(count), figure(perNodeYear)];
}

function accusationsOfHealthy({ ofHealthyCount, ofHealthyPerNodeYear }: FalseCounts): string[] {
  return [whole(ofHealthyCount), figure(ofHealthyPerNodeYear)];
}
