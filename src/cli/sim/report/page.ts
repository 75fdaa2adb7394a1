/**
 * The report of an experiment as one page that needs nothing but itself: no script, no font, no network. Plots are SVG
 * made here; what was given is escaped.
 */
import { resolveSettings, type Settings } from '../../../core/settings/config.ts';
import type { ExperimentResult } from '../../../sim/experiment/experiment.ts';
import { formatDuration } from '../../durations.ts';
import { settingFlags } from '../../setting-flags.ts';
import { shorten } from '../../terminal.ts';
import { describeExperiment } from '../description.ts';
import { headlineOf } from '../headline.ts';
import { rulesWords } from '../rules-words.ts';
import { type SummarySection, summarySections } from '../summary-sections.ts';
import { costAxes, drawCost } from './cost-plot.ts';
import { drawDeaths } from './deaths-table.ts';
import { detectionAxis, drawDetection } from './detection-plot.ts';
import { html, Markup } from './markup.ts';
import { style } from './style.ts';
import { drawTimeline, timelineAxes } from './timeline-plot.ts';

export interface Report {
  /** The same experiment under one set of rules or several. */
  readonly results: readonly ExperimentResult[];
  /** The line that makes this report again. */
  readonly command: string;
  readonly version: string;
  /** The scenario in a sentence; null where there is none. */
  readonly scenario: string | null;
}

/** The whole page. */
export function reportPage({ results, command, version, scenario }: Report): string {
  const names = results.map(({ options }) => rulesWords[options.rules]);
  const [first] = results;
  const title = `${names.join(' and ')} in virtual time`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<p class="kicker">${upperFirst(title)}</p>
<h1>${results.map((result, index) => html`<span>${results.length === 1 ? '' : `${upperFirst(names[index] ?? '')}: `}${headlineOf(result)}</span>`)}</h1>
${scenario === null ? html`` : html`<p>${scenario}</p>`}
<p class="lead">${first === undefined ? '' : upperFirst(describeExperiment(first.options))}.</p>
${drawEachDeath(results)}
<h2>In numbers</h2>
<div class="tables">${summarySections(results).map((section) => drawSection(section, names))}</div>
<h2>The cluster over time</h2>
${sideBySide(results, (axes) => (result) => drawTimeline(result, axes), timelineAxes(results))}
<h2>What it cost</h2>
${sideBySide(results, (axes) => (result) => drawCost(result, axes), costAxes(results))}
<h2>Settings</h2>
${drawSettings(results)}
${drawFaults(results)}
<h2>How this was made</h2>
<p>The same line makes the same numbers on any machine. Ringwatch ${version}.</p>
<pre>${command}</pre>
</body>
</html>
`;
  return page.text;
}

/** Of fewer deaths the table shows as much as a plot. */
const leastForPlot = 20;

/** A row for each death; where they are many the plot comes first, and the rows on demand. */
function drawEachDeath(results: readonly ExperimentResult[]): Markup {
  const most = Math.max(...results.map(({ deaths }) => deaths.length));
  if (most === 0) return html``;
  const axis = detectionAxis(results);
  const rows = sideBySide(results, (x) => (result) => drawDeaths(result, x), axis);
  const words = html`<p class="note">After the death an observer suspects the node, a quorum confirms it, and one survivor completes the recovery. The times count from the death.</p>`;
  if (most <= leastForPlot) return html`<h2>Each death</h2>${words}${rows}`;
  return html`<h2>How soon</h2>${words}
${sideBySide(results, (x) => (result) => drawDetection(result, x), axis)}
<details><summary>Each death</summary>${rows}</details>`;
}

function sideBySide<Axes>(
  results: readonly ExperimentResult[],
  drawWith: (axes: Axes) => (result: ExperimentResult) => Markup,
  axes: Axes,
): Markup {
  const draw = drawWith(axes);
  const panels = results.map((result) => {
    const heading =
      results.length === 1 ? html`` : html`<h3>${upperFirst(rulesWords[result.options.rules])}</h3>`;
    return html`<div>${heading}${draw(result)}</div>`;
  });
  return html`<div class="side${results.length === 1 ? '' : ' several'}">${panels}</div>`;
}

function drawSection({ title, columns, rows, note }: SummarySection, names: readonly string[]): Markup {
  const groups =
    names.length === 1
      ? html``
      : html`<tr><td></td>${names.map((name) => html`<th scope="colgroup" class="group number first" colspan="${columns.length}">${upperFirst(name)}</th>`)}</tr>`;
  const heads = names.flatMap(() =>
    columns.map(
      (column, index) => html`<th scope="col" class="number${index === 0 ? ' first' : ''}">${column}</th>`,
    ),
  );
  const body = rows.map(
    ({ label, isPart, cells }) =>
      html`<tr><th scope="row"${isPart ? new Markup(' class="part"') : ''}>${label}</th>${cells.flatMap(
        (group) =>
          group.map((cell, index) => html`<td class="number${index === 0 ? ' first' : ''}">${cell}</td>`),
      )}</tr>`,
  );
  return html`<div><h3>${title}</h3><div class="scroll"><table><thead>${groups}<tr><td></td>${heads}</tr></thead><tbody>${body}</tbody></table></div>${note === undefined ? html`` : html`<p class="note">${note}</p>`}</div>`;
}

function drawSettings([first]: readonly ExperimentResult[]): Markup {
  if (first === undefined) return html``;
  const { preset, settings } = first.options;
  const resolved = resolveSettings({ ...settings, nodeId: 'any' }, preset);
  const rows = settingFlags.map(({ name, flag, summary }) => {
    const isChanged = Object.hasOwn(settings, name);
    return html`<tr><th scope="row"><code>--${flag}</code></th><td class="number${isChanged ? ' changed' : ''}">${settingText(name, resolved[name])}</td><td class="note">${summary}</td></tr>`;
  });
  const changed = Object.keys(settings).length;
  const edits = changed === 0 ? 'none of them changed' : `${changed} of them changed, in bold`;
  return html`<p>Preset <code>${preset}</code>, ${edits}.</p>
<details><summary>All settings</summary><div class="scroll"><table><tbody>${rows}</tbody></table></div></details>`;
}

const shownFaults = 200;
const shownFaultLength = 300;

function drawFaults([first]: readonly ExperimentResult[]): Markup {
  const faults = first?.options.faults ?? [];
  if (faults.length === 0) return html``;
  const lines = faults.slice(0, shownFaults).map((fault) => shorten(JSON.stringify(fault), shownFaultLength));
  const rest = faults.length - lines.length;
  if (rest > 0) lines.push(`and ${rest} more`);
  return html`<details><summary>Planned faults (${faults.length}); instants are milliseconds</summary><pre>${lines.join('\n')}</pre></details>`;
}

function settingText(name: keyof Settings, value: Settings[keyof Settings]): string {
  if (value === null) return 'never';
  if (typeof value === 'number' && name.endsWith('Ms')) return formatDuration(value);
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
