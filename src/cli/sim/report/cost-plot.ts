/** What it cost: registry calls by name, and probes and calls over the measured time. */
import type { ExperimentResult, TimelineSlice } from '../../../sim/experiment/experiment.ts';
import { figure } from '../figures.ts';
import { type Axis, durationAxis, numberAxis } from './axis.ts';
import { callWords } from './call-words.ts';
import { html, type Markup } from './markup.ts';
import { across, down, drawPlot } from './plot.ts';
import { merge } from './timeline-plot.ts';

const hourMs = 3_600_000;

const rates = [
  {
    name: 'probes',
    title: 'probes per node and minute',
    countOf: ({ probeCount }: TimelineSlice) => probeCount,
  },
  {
    name: 'calls',
    title: 'registry calls per node and minute',
    countOf: ({ registryCallCount }: TimelineSlice) => registryCallCount,
  },
] as const;

/** Where the scales of the cost end, so that several results can be compared. */
export interface CostAxes {
  readonly probes: Axis;
  readonly calls: Axis;
  /** Calls a node and hour of the most frequent name. */
  readonly mostCalls: number;
}

/** Scales on which all these results have room. */
export function costAxes(results: readonly ExperimentResult[]): CostAxes {
  const [probes, calls] = rates.map(({ countOf }) => {
    const points = results.flatMap((result) => ratesOf(result, countOf).map(({ rate }) => rate));
    return numberAxis(
      points.reduce((most, rate) => Math.max(most, rate), 0),
      { tickCount: 2 },
    );
  });
  const mostCalls = results.flatMap((result) => callRates(result).map(({ rate }) => rate));
  return {
    probes: probes ?? numberAxis(1),
    calls: calls ?? numberAxis(1),
    mostCalls: Math.max(0, ...mostCalls),
  };
}

/** The cost of one result. */
export function drawCost(result: ExperimentResult, axes: CostAxes): Markup {
  const lines = callRates(result).map(
    ({ name, rate, count }) => html`<tr>
<th scope="row">${callWords(name)}</th>
<td class="number" title="${count.toLocaleString('en-US')} in all">${figure(rate)}</td>
<td class="wide"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect class="bar cost" width="${(1_000 * rate) / axes.mostCalls}" height="10"/></svg></td>
</tr>`,
  );
  const calls =
    lines.length === 0
      ? html`<p class="note">No node called the registry.</p>`
      : html`<table class="calls"><thead><tr><th scope="col">registry call</th><th scope="col" class="number">per node and hour</th><td></td></tr></thead><tbody>${lines}</tbody></table>`;
  return html`${calls}${drawRates(result, axes)}`;
}

function drawRates(result: ExperimentResult, axes: CostAxes): Markup[] {
  const x = durationAxis(result.options.durationMs, false);
  return rates.map(({ name, title, countOf }, index) => {
    const isLast = index === rates.length - 1;
    const y = axes[name];
    const points = ratesOf(result, countOf);
    const path = points.map(
      ({ from, to, rate }, point) =>
        `${point === 0 ? 'M' : 'L'}${across(x, from).toFixed(1)} ${down(y, rate).toFixed(1)}H${across(x, to).toFixed(1)}`,
    );
    return drawPlot({
      x: isLast ? x : { ...x, ticks: [] },
      y,
      xTitle: isLast ? `time (${x.unit})` : '',
      yTitle: title,
      height: 'low',
      description: `${title} over time, at most ${figure(Math.max(0, ...points.map(({ rate }) => rate)))}`,
      marks: [html`<path class="line cost" d="${path.join('')}"/>`],
    });
  });
}

interface Rate {
  readonly from: number;
  readonly to: number;
  /** A node and minute. */
  readonly rate: number;
}

function ratesOf({ options, timeline }: ExperimentResult, countOf: (slice: TimelineSlice) => number): Rate[] {
  const slices = merge(timeline);
  return slices.map((slice, index) => {
    const to = slices[index + 1]?.at ?? options.durationMs;
    const nodeMinutes = (options.nodes * Math.max(1, to - slice.at)) / 60_000;
    return { from: slice.at, to, rate: countOf(slice) / nodeMinutes };
  });
}

interface CallRate {
  readonly name: string;
  readonly count: number;
  readonly rate: number;
}

/** The most frequent first. */
function callRates({ options, cost }: ExperimentResult): CallRate[] {
  const nodeHours = (options.nodes * options.durationMs) / hourMs;
  return Object.entries(cost.registryCalls)
    .map(([name, count]) => ({ name, count, rate: count / nodeHours }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
