/**
 * Slow processes, by the length of their stalls: `node bench/slow-grid.mjs go-on lan`, with `stop` for event loops that
 * are blocked, any preset, `original` after it for those rules, and `whole` at the end for all 648 cells instead of 80.
 * Not part of `npm run bench`: it takes minutes.
 */
import { runSlowGrid, slowGrid } from '../dist/sim/index.js';
import { printTable } from './table.mjs';

const [timers = 'go-on', preset = 'lan', ...rest] = process.argv.slice(2);
const rules = rest.includes('original') ? 'original' : 'ringwatch';
const coarse = {
  members: [1, 8, 16, 32],
  stallsMs: [128, 512, 2_048, 8_192, 32_768],
  intervalsMs: [1, 64, 1_024, 16_384],
};
const grid = rest.includes('whole') ? slowGrid : coarse;
const before = process.cpuUsage();
const cells = await runSlowGrid(grid, timers, { seed: 1, preset, rules });
const { user, system } = process.cpuUsage(before);

const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
const names = [
  'suspicionCount',
  'healthySuspicionCount',
  'verdictCount',
  'verdictByHealthyCount',
  'healthyVerdictCount',
];
const head = ['stall, ms', 'cells', 'suspicions', 'of healthy', 'verdicts', 'by healthy', 'of healthy'];
const rowOf = (title, rows) => [title, rows.length, ...names.map((name) => sum(rows, name))];
printTable(`Slow processes, timers ${timers}, ${preset}, ${rules}: nodes that lived`, [
  head,
  ...grid.stallsMs.map((stallMs) =>
    rowOf(
      stallMs,
      cells.filter((cell) => cell.stallMs === stallMs),
    ),
  ),
  rowOf('all', cells),
]);
process.stdout.write(`${Math.round((user + system) / 1e6)} s of CPU\n`);
