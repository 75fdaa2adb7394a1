/** What the cluster went through: nodes down, deaths and accusations over the measured time. */
import type { ExperimentResult, TimelineSlice } from '../../../sim/experiment/experiment.ts';
import { type Axis, durationAxis, numberAxis } from './axis.ts';
import { html, type Markup } from './markup.ts';
import { across, down, drawPlot } from './plot.ts';

/** One thing that is counted in each slice of the time. */
interface Row {
  readonly name: 'down' | 'death' | 'verdict' | 'recovered' | 'suspect' | 'wrong';
  /** With the number of them all. */
  readonly titleOf: (count: string) => string;
  readonly countsOf: (result: ExperimentResult, slices: readonly TimelineSlice[]) => number[];
}

const rows: readonly Row[] = [
  {
    name: 'down',
    titleOf: () => 'nodes down',
    countsOf: (_, slices) => slices.map((slice) => slice.downCount),
  },
  {
    name: 'death',
    titleOf: (count) => `deaths: ${count}`,
    countsOf: ({ deaths }, slices) => binned(deaths, slices),
  },
  {
    name: 'verdict',
    titleOf: (count) => `confirmed: ${count}`,
    countsOf: (_, slices) => slices.map((slice) => slice.verdictCount),
  },
  {
    name: 'recovered',
    titleOf: (count) => `recovered: ${count}`,
    countsOf: (_, slices) => slices.map((slice) => slice.recoveryCount),
  },
  {
    name: 'suspect',
    titleOf: (count) =>
      `suspicions of nodes that lived: ${count} (harmless: each is taken back when the node answers)`,
    countsOf: ({ falseAccusations }, slices) => binned(ofKind(falseAccusations, 'suspect'), slices),
  },
  {
    name: 'wrong',
    titleOf: (count) => `nodes that lived and were killed: ${count}`,
    countsOf: ({ falseAccusations }, slices) => binned(ofKind(falseAccusations, 'verdict'), slices),
  },
];

/** Of fewer deaths each has its times in the table, and a row for each stage would show the same marks again. */
const fewDeaths = 20;
const mostSlices = 144;

/** Which rows are drawn, and where each ends, so that several results can be compared. */
export type TimelineAxes = ReadonlyMap<Row['name'], Axis>;

/** Axes on which all these results have room, of the rows that say something of one of them. */
export function timelineAxes(results: readonly ExperimentResult[]): TimelineAxes {
  const isFew = results.every(({ deaths }) => deaths.length <= fewDeaths);
  return new Map(
    rows.flatMap(({ name, countsOf }) => {
      const counts = results.flatMap((result) => countsOf(result, merge(result.timeline)));
      const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
      const isKnown = isFew && (name === 'verdict' || name === 'recovered');
      if ((most === 0 && name !== 'down') || isKnown) return [];
      return [[name, numberAxis(Math.max(1, most), { isWhole: true, tickCount: 2 })] as const];
    }),
  );
}

/** The timeline of one result: one low plot for each kind of thing, under one another. */
export function drawTimeline(result: ExperimentResult, axes: TimelineAxes): Markup {
  const { options } = result;
  const bands = faultBands(result, options.durationMs);
  const slices = merge(result.timeline);
  const x = durationAxis(options.durationMs, false);
  const shown = rows.filter(({ name }) => axes.has(name));
  const plots = shown.map(({ name, titleOf, countsOf }, index) => {
    const y = axes.get(name) ?? numberAxis(1);
    const counts = countsOf(result, slices);
    const title = titleOf(counts.reduce((a, b) => a + b, 0).toLocaleString('en-US'));
    const isLast = index === shown.length - 1;
    return drawPlot({
      x: isLast ? x : { ...x, ticks: [] },
      y,
      xTitle: isLast ? `time (${x.unit})` : '',
      yTitle: title,
      height: 'low',
      description: `${title}, over time, at most ${Math.max(0, ...counts)} in a slice`,
      marks: [...bands, name === 'down' ? area(slices, counts, x, y) : bars(slices, counts, { x, y, name })],
    });
  });
  const note = bands.length === 0 ? [] : [html`<p class="note">Shaded: a planned fault lasts.</p>`];
  return html`${plots}${note}`;
}

function ofKind(accusations: ExperimentResult['falseAccusations'], kind: 'suspect' | 'verdict') {
  return accusations.filter((accusation) => accusation.kind === kind);
}

/** How many of these moments lie in each slice. */
function binned(moments: readonly { readonly at: number }[], slices: readonly TimelineSlice[]): number[] {
  const counts = slices.map(() => 0);
  for (const { at } of moments) {
    const index = slices.findLastIndex((slice) => slice.at <= at);
    if (index >= 0) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

/** When the planned faults last; those of an instant have no band. */
function faultBands({ options }: ExperimentResult, mostMs: number): Markup[] {
  const x = durationAxis(mostMs, false);
  const spells = options.faults.flatMap((fault) =>
    'durationMs' in fault && fault.at < mostMs ? [`${fault.at} ${fault.at + fault.durationMs}`] : [],
  );
  return [...new Set(spells)].slice(0, 200).map((spell) => {
    const [from = 0, to = 0] = spell.split(' ').map((at) => across(x, Number(at)));
    return html`<rect class="fault" x="${from}" width="${Math.max(1, to - from)}" y="0" height="1000"/>`;
  });
}

/** The same slices, several made into one where there are more than a screen shows. */
export function merge(timeline: readonly TimelineSlice[]): TimelineSlice[] {
  const size = Math.max(1, Math.ceil(timeline.length / mostSlices));
  const merged: TimelineSlice[] = [];
  for (let first = 0; first < timeline.length; first += size) {
    const group = timeline.slice(first, first + size);
    const sum = (countOf: (slice: TimelineSlice) => number): number =>
      group.reduce((total, slice) => total + countOf(slice), 0);
    merged.push({
      at: group[0]?.at ?? 0,
      downCount: Math.max(...group.map(({ downCount }) => downCount)),
      suspectCount: sum(({ suspectCount }) => suspectCount),
      verdictCount: sum(({ verdictCount }) => verdictCount),
      recoveryCount: sum(({ recoveryCount }) => recoveryCount),
      probeCount: sum(({ probeCount }) => probeCount),
      registryCallCount: sum(({ registryCallCount }) => registryCallCount),
    });
  }
  return merged;
}

function area(slices: readonly TimelineSlice[], counts: readonly number[], x: Axis, y: Axis): Markup {
  const steps = slices.map((slice, index) => {
    const end = slices[index + 1]?.at ?? x.most;
    return `L${across(x, slice.at).toFixed(1)} ${down(y, counts[index] ?? 0).toFixed(1)}H${across(x, end).toFixed(1)}`;
  });
  const floor = down(y, 0);
  return html`<path class="area down" d="M0 ${floor}${steps.join('')}V${floor}Z"/>`;
}

interface BarLook {
  readonly x: Axis;
  readonly y: Axis;
  readonly name: string;
}

function bars(slices: readonly TimelineSlice[], counts: readonly number[], { x, y, name }: BarLook): Markup {
  const path = slices.map((slice, index) => {
    const count = counts[index] ?? 0;
    if (count === 0) return '';
    const from = across(x, slice.at);
    const to = across(x, slices[index + 1]?.at ?? x.most);
    // A gap between neighbours, but never so thin that it is not seen.
    const width = Math.max(2.5, (to - from) * 0.8);
    const top = down(y, count);
    return `M${from.toFixed(1)} ${down(y, 0)}V${top.toFixed(1)}h${width.toFixed(1)}V${down(y, 0)}Z`;
  });
  return html`<path class="bar ${name}" d="${path.join('')}"/>`;
}
