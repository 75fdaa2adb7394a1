/** Every death as a row: which node, what died and when, and how soon it was suspected, confirmed and recovered. */
import type { ExperimentResult, MeasuredDeath } from '../../../sim/experiment/experiment.ts';
import { formatDuration } from '../../durations.ts';
import { counted } from '../figures.ts';
import type { Axis } from './axis.ts';
import { html, type Markup } from './markup.ts';
import { across } from './plot.ts';
import { stages } from './stages.ts';

const shownCount = 60;
const kinds = { process: 'process killed', machine: 'machine lost' } as const;

/** The table of one result. Each row has its stages as marks on one scale, from the death to the axis's end. */
export function drawDeaths({ deaths }: ExperimentResult, x: Axis): Markup {
  if (deaths.length === 0) return html`<p class="note">No node died.</p>`;
  const shown = deaths.slice(0, shownCount);
  const rows = shown.map(
    (death) => html`<tr><th scope="row">${death.nodeId}</th><td class="wrap">${kinds[death.kind]}</td>
<td class="number">${formatDuration(death.at)}</td>${stages.map(
      ({ timeOf }) => html`<td class="number">${timeText(timeOf(death))}</td>`,
    )}<td class="strip">${drawStrip(death, x)}</td></tr>${noteRow(death)}`,
  );
  const hidden = deaths.length - shown.length;
  const more =
    hidden === 0
      ? []
      : [html`<p class="note">And ${counted(hidden, 'more death')}; --csv writes all of them to a file.</p>`];
  const heads = stages.map(
    ({ name, title }) => html`<th scope="col" class="number"><span class="key ${name}"></span>${title}</th>`,
  );
  return html`<div class="scroll"><table class="deaths"><thead><tr><th scope="col">node</th><th scope="col">what died</th><th scope="col" class="number">when</th>${heads}<th scope="col" class="strip">0<span>${formatDuration(x.most)}</span></th></tr></thead><tbody>${rows}</tbody></table></div>${more}`;
}

function timeText(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

/** The death at the left edge, then a stroke for each stage. */
function drawStrip(death: MeasuredDeath, x: Axis): Markup {
  const times = stages.flatMap(({ name, title, timeOf }) => {
    const ms = timeOf(death);
    return ms === null || ms > x.most ? [] : [{ name, title, ms }];
  });
  const end = across(x, Math.max(0, ...times.map(({ ms }) => ms)));
  const marks = times.map(
    ({ name, title, ms }) =>
      html`<path class="mark ${name}" d="M${across(x, ms).toFixed(1)} 2V98"><title>${title} after ${formatDuration(ms)}</title></path>`,
  );
  return html`<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true"><path class="span" d="M0 50H${end.toFixed(1)}"/>${marks}</svg>`;
}

/** Beneath the row, so that it takes no width. */
function noteRow(death: MeasuredDeath): Markup {
  const note = noteOf(death);
  return note === '' ? html`` : html`<tr><td></td><td class="note" colspan="6">${note}</td></tr>`;
}

/** What the times do not say. */
function noteOf({ verdictMs, recoveredMs, runCount, backMs }: MeasuredDeath): string {
  const back = backMs === null ? '' : `back after ${formatDuration(backMs)}`;
  if (verdictMs === null)
    return back === '' ? 'not confirmed before the end' : `${back}, before it was confirmed`;
  if (recoveredMs === null && runCount === 0)
    return back === '' ? 'no recovery began' : `${back}, before a recovery began`;
  if (recoveredMs === null) return 'its recovery did not complete';
  return runCount > 1 ? `its recovery was begun ${runCount} times` : '';
}
