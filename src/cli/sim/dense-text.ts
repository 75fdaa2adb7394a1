/** What dense worlds came to, in words. Pure. */
import type { DenseDeath, DenseResult } from '../../sim/dense/run-dense.ts';
import { formatDuration } from '../durations.ts';
import type { Paint } from '../terminal.ts';
import { counted, whole } from './figures.ts';

/** What many seeds came to. */
export interface DenseTotals {
  readonly seedCount: number;
  readonly disturbanceCounts: Readonly<Record<string, number>>;
  readonly deaths: readonly DenseDeath[];
  readonly accusationCount: number;
  readonly wrongVoteCount: number;
  readonly wrongVerdictCount: number;
  readonly unforgivenCount: number;
  readonly violationCount: number;
}

/** Totals before the first seed. */
export const noDenseTotals: DenseTotals = {
  seedCount: 0,
  disturbanceCounts: {},
  deaths: [],
  accusationCount: 0,
  wrongVoteCount: 0,
  wrongVerdictCount: 0,
  unforgivenCount: 0,
  violationCount: 0,
};

/** The totals with one more seed. */
export function addDenseSeed(totals: DenseTotals, result: DenseResult): DenseTotals {
  const disturbanceCounts = { ...totals.disturbanceCounts };
  for (const [name, count] of Object.entries(result.disturbanceCounts))
    disturbanceCounts[name] = (disturbanceCounts[name] ?? 0) + count;
  return {
    seedCount: totals.seedCount + 1,
    disturbanceCounts,
    deaths: [...totals.deaths, ...result.deaths],
    accusationCount: totals.accusationCount + result.accusationCount,
    wrongVoteCount: totals.wrongVoteCount + result.wrongVoteCount,
    wrongVerdictCount: totals.wrongVerdictCount + result.wrongVerdictCount,
    unforgivenCount: totals.unforgivenCount + result.unforgivenCount,
    violationCount: totals.violationCount + result.broken.length,
  };
}

/** The times of the deaths of a kind that were confirmed: how many, the median, and the worst. */
export function timesOf(deaths: readonly DenseDeath[], how: DenseDeath['how']) {
  const times = deaths
    .flatMap(({ how: own, verdictMs }) => (own === how && verdictMs !== null ? [verdictMs] : []))
    .toSorted((one, other) => one - other);
  return {
    deathCount: deaths.filter((death) => death.how === how).length,
    confirmedCount: times.length,
    medianMs: times[Math.ceil(times.length / 2) - 1] ?? null,
    worstMs: times.at(-1) ?? null,
  };
}

/** All seeds in a few lines. */
export function describeDense(totals: DenseTotals, paint: Paint): string {
  const { disturbanceCounts, deaths, wrongVerdictCount, unforgivenCount, violationCount } = totals;
  const kinds = Object.entries(disturbanceCounts).toSorted(([, one], [, other]) => other - one);
  const count = kinds.reduce((sum, [, ofKind]) => sum + ofKind, 0);
  const isGood = wrongVerdictCount === 0 && violationCount === 0;
  const verdict = `${whole(wrongVerdictCount)} healthy nodes confirmed dead, ${counted(violationCount, 'broken promise')}`;
  return [
    `${counted(totals.seedCount, 'seed')}, ${counted(count, 'disturbance')}: ${kinds
      .map(([name, ofKind]) => `${whole(ofKind)} ${name}`)
      .join(', ')}`,
    ...(['process', 'machine'] as const).map((how) => describeTimes(timesOf(deaths, how), how)),
    `about nodes that lived: ${counted(totals.accusationCount, 'accusation')}, ${counted(totals.wrongVoteCount, 'vote')}`,
    `out of the registry's reach while votes stood, and confirmed dead: ${whole(unforgivenCount)}`,
    paint(isGood ? 'good' : 'bad', verdict),
  ].join('\n');
}

function describeTimes(
  { deathCount, confirmedCount, medianMs, worstMs }: ReturnType<typeof timesOf>,
  how: string,
): string {
  const times =
    medianMs === null || worstMs === null
      ? ''
      : `, median ${formatDuration(Math.round(medianMs))}, worst ${formatDuration(Math.round(worstMs))}`;
  return `${counted(deathCount, 'death')} of a ${how}: ${whole(confirmedCount)} confirmed${times}`;
}
