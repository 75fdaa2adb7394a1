/**
 * One plot: an area with its axes. The drawing is an SVG that is stretched to the width of the page. The text is HTML
 * around it, so that it keeps its size on a wide screen and on a telephone.
 */
import type { Axis } from './axis.ts';
import { html, type Markup } from './markup.ts';

export interface Plot {
  readonly x: Axis;
  readonly y: Axis;
  /** What the axes count, with the unit. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly height: 'tall' | 'low';
  /** For readers who do not see it. */
  readonly description: string;
  /** SVG in the plot's own measure: see `across` and `down`. */
  readonly marks: readonly Markup[];
}

/** The drawing is this wide and high, whatever the screen makes of it. */
const extent = 1_000;

/** Where a value of the horizontal axis lies in the drawing. */
export function across(axis: Axis, value: number): number {
  return (extent * Math.min(value, axis.most)) / axis.most;
}

/** Where a value of the vertical axis lies in the drawing: 0 is its lower edge. */
export function down(axis: Axis, value: number): number {
  return extent - (extent * value) / axis.most;
}

/** The plot as HTML. */
export function drawPlot({ x, y, xTitle, yTitle, height, description, marks }: Plot): Markup {
  const grid = y.ticks.map(
    ({ at }) => html`<line class="grid" x1="0" x2="${extent}" y1="${down(y, at)}" y2="${down(y, at)}"/>`,
  );
  const yLabels = y.ticks.map(
    ({ at, label }) => html`<span style="bottom:${percent(at / y.most)}">${label}</span>`,
  );
  const xLabels = x.ticks.map(
    ({ at, label }) => html`<span style="left:${percent(at / x.most)}">${label}</span>`,
  );
  return html`<div class="plot ${height}">
<div class="y-title">${yTitle}</div>
<div class="frame">
<div class="y-labels" aria-hidden="true">${yLabels}</div>
<svg viewBox="0 0 ${extent} ${extent}" preserveAspectRatio="none" role="img" aria-label="${description}">${grid}${marks}</svg>
<div class="x-labels" aria-hidden="true">${xLabels}</div>
</div>
<div class="x-title">${xTitle}</div>
</div>`;
}

/** A part as CSS and people write it, with at most two decimals. */
function percent(part: number): string {
  return `${Number((100 * part).toFixed(2))}%`;
}
