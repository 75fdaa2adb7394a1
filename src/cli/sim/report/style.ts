/** The page's style: sober, in the light and in the dark, on a wide screen, a telephone and paper. */

/** CSS as text. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1c2127; --quiet: #5d6670; --rule: #d5dae0; --grid: #e6e9ed; --panel: #f6f7f9; --band: #f4ead8;
  --suspect: #b8750a; --verdict: #2563b8; --recovered: #14805e; --down: #7a838d; --cost: #6b54a8; --wrong: #c2352b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --ink: #e4e8ec; --quiet: #9aa4ae; --rule: #3a4149; --grid: #2a3037; --panel: #1c2025; --band: #33291a;
    --suspect: #e2a33c; --verdict: #6fa8f5; --recovered: #45bd93; --down: #929ca6; --cost: #a994e6; --wrong: #f07a70;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 24px 20px 48px; max-width: 1160px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 12px; font-weight: 600; text-wrap: balance; }
h1 span { display: block; margin-bottom: 6px; }
.kicker { margin: 0 0 6px; color: var(--quiet); font-size: 13px; }
h2 { font-size: 18px; margin: 40px 0 4px; font-weight: 600; }
h3 { font-size: 15px; margin: 16px 0 4px; font-weight: 600; }
p { margin: 4px 0 12px; max-width: 75ch; }
.lead, .note { color: var(--quiet); }
.note { font-size: 13px; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
pre { margin: 8px 0 0; padding: 12px 14px; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.side { display: grid; gap: 16px 40px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }
.side > * { min-width: 0; }
.scroll { overflow-x: auto; }
/* Two and two, never three and one. */
.tables { display: grid; gap: 4px 56px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), max-content)); }
.tables > * { max-width: 100%; min-width: 0; }
table.deaths { width: 100%; }
table.deaths td { white-space: nowrap; }
table.deaths .key { height: 10px; width: 3px; margin-right: 6px; vertical-align: baseline; }
table.deaths .strip { width: 30%; min-width: 140px; padding: 3px 12px 3px 24px; vertical-align: middle; }
table.deaths th.strip span { float: right; }
table.deaths svg { height: 16px; }
.several table.deaths { font-size: 13px; }
.several table.deaths .strip, .several table.deaths .key { display: none; }
table.deaths td.note { white-space: normal; padding-top: 0; }
.span { stroke: var(--rule); stroke-width: 2; vector-effect: non-scaling-stroke; }
.mark { stroke: currentColor; stroke-width: 3; vector-effect: non-scaling-stroke; }
.mark.suspect { color: var(--suspect); } .mark.verdict { color: var(--verdict); } .mark.recovered { color: var(--recovered); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px 3px 0; text-align: left; font-weight: 400; vertical-align: baseline; }
tbody th { white-space: nowrap; }
thead th { color: var(--quiet); font-size: 13px; border-bottom: 1px solid var(--rule); }
thead th.group { color: var(--ink); font-weight: 600; font-size: 15px; border-bottom: 0; }
tbody th.part { padding-left: 18px; color: var(--quiet); }
th.number, td.number { text-align: right; padding-left: 12px; white-space: nowrap; }
th.first, td.first { padding-left: 32px; }
table.calls { width: 100%; margin-bottom: 20px; }
table.calls td.wide { width: 55%; padding-right: 0; vertical-align: middle; }
table.calls svg { display: block; height: 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 4px 0 8px; padding: 0; list-style: none; }
.key { display: inline-block; width: 18px; height: 3px; margin-right: 7px; vertical-align: middle; background: currentColor; }
.key.suspect { color: var(--suspect); } .key.verdict { color: var(--verdict); } .key.recovered { color: var(--recovered); }
.plot { margin: 0 0 10px; }
.y-title, .x-title { font-size: 13px; color: var(--quiet); }
.y-title { margin-bottom: 8px; }
.x-title { text-align: right; }
.frame { display: grid; grid-template-columns: 44px 1fr; grid-template-rows: auto auto; margin: 4px 12px 0 0; }
svg { width: 100%; display: block; overflow: visible; }
.frame svg, .y-labels { height: 64px; }
.tall .frame svg, .tall .y-labels { height: 240px; }
.frame svg { border-bottom: 1px solid var(--quiet); }
.y-labels, .x-labels { position: relative; font-size: 12px; color: var(--quiet); font-variant-numeric: tabular-nums; }
.y-labels span { position: absolute; right: 8px; transform: translateY(50%); line-height: 1; }
.x-labels { grid-column: 2; height: 18px; }
.x-labels:empty { height: 0; }
.x-labels span { position: absolute; top: 3px; transform: translateX(-50%); white-space: nowrap; line-height: 1.2; }
.grid { stroke: var(--grid); stroke-width: 1; vector-effect: non-scaling-stroke; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.bar, .area { fill: currentColor; stroke: none; }
.area { opacity: 0.55; }
/* Recovered lies on verdict where both come at once: the broader line is still seen. */
.line.verdict { stroke-width: 3; }
.line.suspect, .bar.suspect { color: var(--suspect); }
.line.verdict, .bar.verdict { color: var(--verdict); }
.line.recovered, .bar.recovered { color: var(--recovered); }
.area.down, .bar.death { color: var(--down); } .bar.wrong { color: var(--wrong); }
.line.cost, .bar.cost { color: var(--cost); }
.fault { fill: var(--band); stroke: none; }
details { margin: 8px 0; }
summary { cursor: pointer; }
td.changed { font-weight: 600; }
@media (max-width: 520px) {
  body { padding: 16px 14px 32px; font-size: 14px; }
  h1 { font-size: 23px; }
  table.deaths .strip, table.deaths .key { display: none; }
  table.deaths, .several table.deaths { font-size: 12px; }
  table.deaths th, table.deaths td { padding: 3px 2px; }
  table.calls td.wide { width: 25%; }
  table.deaths thead th { font-size: 11px; }
  table.deaths td.wrap, table.calls tbody th { white-space: normal; }
  .tables table { font-size: 13px; }
  .tables thead th { white-space: normal; }
  th, td { padding-right: 5px; }
  th.number, td.number { padding-left: 4px; }
  th.first, td.first { padding-left: 12px; }
  thead th { font-size: 12px; }
  thead th.group { font-size: 13px; }
  tbody th.part { padding-left: 10px; }
}
@media print { .plot, table { break-inside: avoid; } }
`;
