/** The result of an experiment in one line. Pure. */
import type { ExperimentResult } from '../../sim/experiment/experiment.ts';
import { summarize } from '../../sim/experiment/summary.ts';
import { formatDuration } from '../durations.ts';
import { counted, whole } from './figures.ts';

/** `5 of 5 deaths confirmed, median 1.2 s, no healthy node killed`. */
export function headlineOf(result: ExperimentResult): string {
  const { deathCount, neverConfirmedCount, neverConfirmedBackCount, timeToVerdict, falseVerdicts } =
    summarize(result);
  const confirmed = `${whole(deathCount - neverConfirmedCount)} of ${counted(deathCount, 'death')} confirmed`;
  const { count, ofHealthyCount } = falseVerdicts;
  const killed = ofHealthyCount === 0 ? 'no healthy node' : counted(ofHealthyCount, 'healthy node');
  const sickCount = count - ofHealthyCount;
  return [
    deathCount === 0 ? 'No node died' : confirmed,
    ...(timeToVerdict.medianMs === null ? [] : [`median ${formatDuration(timeToVerdict.medianMs)}`]),
    ...(neverConfirmedBackCount === 0 ? [] : [`${whole(neverConfirmedBackCount)} back before that`]),
    `${killed} killed`,
    ...(sickCount === 0
      ? []
      : [`${whole(sickCount)} that ${sickCount === 1 ? 'was' : 'were'} cut off or stalled`]),
  ].join(', ');
}
