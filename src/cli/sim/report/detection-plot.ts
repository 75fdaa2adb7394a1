/** How soon deaths were seen: the part of them that was suspected, confirmed and recovered within a time. */
import type { ExperimentResult, MeasuredDeath } from '../../../sim/experiment/experiment.ts';
import { formatDuration } from '../../durations.ts';
import { type Axis, durationAxis } from './axis.ts';
import { html, type Markup } from './markup.ts';
import { across, down, drawPlot } from './plot.ts';
import { stages } from './stages.ts';

const parts: Axis = {
  most: 100,
  ticks: [0, 25, 50, 75, 100].map((at) => ({ at, label: String(at) })),
  unit: '%',
};

/** The axis on which the times of all these results have room, so that they can be compared. */
export function detectionAxis(results: readonly ExperimentResult[]): Axis {
  const times = results.flatMap(({ deaths }) => stages.flatMap(({ timeOf }) => timesOf(deaths, timeOf)));
  times.sort((a, b) => a - b);
  const longest = times.at(-1) ?? 60_000;
  const usual = times[Math.floor(0.95 * (times.length - 1))] ?? longest;
  // A few very late ones would press all others into a corner; they are told of beneath.
  return durationAxis(Math.max(1, Math.min(longest, 3 * usual)));
}

/** The plot of one result. */
export function drawDetection({ deaths }: ExperimentResult, x: Axis): Markup {
  if (deaths.length === 0) return html`<p class="note">No node died.</p>`;
  const series = stages.map(({ name, title, timeOf }) => ({ name, title, times: timesOf(deaths, timeOf) }));
  const description = series
    .map(({ title, times }) => `${title}: ${times.length} of ${deaths.length} deaths, ${medianText(times)}`)
    .join('; ');
  const plot = drawPlot({
    x,
    y: parts,
    xTitle: `time after the death (${x.unit})`,
    yTitle: `deaths (%)`,
    height: 'tall',
    description,
    marks: series.map(
      ({ name, title, times }) =>
        html`<path class="line ${name}" d="${stepPath(times, deaths.length, x)}"><title>${title}: ${medianText(times)}</title></path>`,
    ),
  });
  const late = series.reduce((sum, { times }) => sum + times.filter((ms) => ms > x.most).length, 0);
  const lateNote =
    late === 0
      ? []
      : [
          html`<p class="note">${late} later ${late === 1 ? 'time lies' : 'times lie'} beyond the right edge.</p>`,
        ];
  const legend = series.map(
    ({ name, title, times }) =>
      html`<li><span class="key ${name}"></span>${title} <span class="note">${times.length} of ${deaths.length}, ${medianText(times)}</span></li>`,
  );
  return html`<ul class="legend">${legend}</ul>${plot}${lateNote}`;
}

function timesOf(
  deaths: readonly MeasuredDeath[],
  timeOf: (death: MeasuredDeath) => number | null,
): number[] {
  return deaths
    .map(timeOf)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
}

/** Stairs: each time takes the line up by one death. */
function stepPath(times: readonly number[], deathCount: number, x: Axis): string {
  let path = `M0 ${place(0, deathCount)}`;
  for (const [index, ms] of times.entries()) {
    if (ms > x.most) break;
    path += `H${round(across(x, ms))}V${place(index + 1, deathCount)}`;
  }
  return `${path}H${across(x, x.most)}`;
}

function place(count: number, all: number): number {
  return round(down(parts, (100 * count) / all));
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function medianText(times: readonly number[]): string {
  const median = times[Math.ceil(times.length / 2) - 1];
  return median === undefined ? 'never' : `median ${formatDuration(median)}`;
}
