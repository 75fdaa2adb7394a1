/** What the cluster went through: nodes down, suspicions, verdicts and recoveries over the measured time. */
import type { ExperimentResult, TimelineSlice } from '../../../sim/experiment/experiment.ts';
import { type Axis, durationAxis, numberAxis } from './axis.ts';
import { html, type Markup } from './markup.ts';
import { across, down, drawPlot } from './plot.ts';

const rows = [
  { name: 'down', title: 'nodes down', countOf: ({ downCount }: TimelineSlice) => downCount },
  { name: 'suspect', title: 'suspicions', countOf: ({ suspectCount }: TimelineSlice) => suspectCount },
  { name: 'verdict', title: 'verdicts', countOf: ({ verdictCount }: TimelineSlice) => verdictCount },
  { name: 'recovered', title: 'recoveries', countOf: ({ recoveryCount }: TimelineSlice) => recoveryCount },
] as const;

const mostSlices = 144;

/** Where each row of the timeline ends, so that several results can be compared. */
export type TimelineAxes = Readonly<Record<(typeof rows)[number]['name'], Axis>>;

/** Axes on which all these results have room. */
export function timelineAxes(results: readonly ExperimentResult[]): TimelineAxes {
  const slices = results.flatMap(({ timeline }) => merge(timeline));
  const axes = rows.map(({ name, countOf }) => {
    const most = slices.reduce((largest, slice) => Math.max(largest, countOf(slice)), 1);
    return [name, numberAxis(most, { isWhole: true, tickCount: 2 })];
  });
  return Object.fromEntries(axes) as TimelineAxes;
}

/** The timeline of one result: one low plot for each kind of thing, under one another. */
export function drawTimeline(result: ExperimentResult, axes: TimelineAxes): Markup {
  const { options, falseAccusations } = result;
  const bands = faultBands(result, options.durationMs);
  const slices = merge(result.timeline);
  const x = durationAxis(options.durationMs, false);
  const plots = rows.map(({ name, title, countOf }, index) => {
    const y = axes[name];
    const counts = slices.map(countOf);
    const sum = counts.reduce((a, b) => a + b, 0);
    const ofLiving = falseAccusations.filter(({ kind }) => kind === name).length;
    const falsely = ofLiving === 0 ? '' : `, of the living ${ofLiving.toLocaleString('en-US')}`;
    const isLast = index === rows.length - 1;
    return drawPlot({
      x: isLast ? x : { ...x, ticks: [] },
      y,
      xTitle: isLast ? `time (${x.unit})` : '',
      yTitle: name === 'down' ? title : `${title}: ${sum.toLocaleString('en-US')}${falsely}`,
      height: 'low',
      description: `${title} over time, at most ${Math.max(0, ...counts)} in a slice`,
      marks: [
        ...bands,
        name === 'down' ? area(slices, countOf, x, y) : bars(slices, countOf, x, y, name),
        ...accusationMarks(falseAccusations, name, x),
      ],
    });
  });
  const notes = [
    ...(bands.length === 0 ? [] : ['Shaded: a planned fault lasts.']),
    ...(falseAccusations.length === 0
      ? []
      : ['A stroke at the upper edge is an accusation of a node that lived.']),
  ];
  return html`${plots}<p class="note">${notes.join(' ')}</p>`;
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

type CountOf = (slice: TimelineSlice) => number;

function area(slices: readonly TimelineSlice[], countOf: CountOf, x: Axis, y: Axis): Markup {
  const steps = slices.map((slice, index) => {
    const end = slices[index + 1]?.at ?? x.most;
    return `L${across(x, slice.at).toFixed(1)} ${down(y, countOf(slice)).toFixed(1)}H${across(x, end).toFixed(1)}`;
  });
  const floor = down(y, 0);
  return html`<path class="area down" d="M0 ${floor}${steps.join('')}V${floor}Z"/>`;
}

function bars(slices: readonly TimelineSlice[], countOf: CountOf, x: Axis, y: Axis, name: string): Markup {
  const path = slices.map((slice, index) => {
    const count = countOf(slice);
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

function accusationMarks(accusations: ExperimentResult['falseAccusations'], name: string, x: Axis): Markup[] {
  const places = accusations.filter(({ kind }) => kind === name).map(({ at }) => across(x, at).toFixed(0));
  const strokes = [...new Set(places)].map((place) => `M${place} 0v160`);
  return strokes.length === 0 ? [] : [html`<path class="false" d="${strokes.join('')}"/>`];
}
