/**
 * How many nodes a registry carries: real monitors with rounds and heartbeats by the real clock, on a real registry, with
 * probes that are answered from memory. Deaths in the middle, with the time to their verdicts. A row takes about five
 * minutes with the preset `default`. docs/capacity.md has results, and what this leaves out.
 *
 * `node bench/capacity.mjs [--nodes 100,500] [--registry sqlite,rqlite,postgres | a URL] [--preset default] [--deaths 20]
 * [--seconds 60] [--share 50] [--joins 20] [--processes 2]`. `--seconds` is the time of the measurement before the deaths,
 * `--share` how many monitors have one registry object together (1 is a connection for each, as agents have it), and
 * `--joins` how many nodes start in a second, at most.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { presets } from '../dist/core/settings/config.js';
import { measureCapacity } from './capacity/run.mjs';
import { figure, printTable } from './table.mjs';

const { values: given } = parseArgs({
  options: {
    nodes: { type: 'string', default: '100,500,1000,2000,5000' },
    registry: { type: 'string', default: 'sqlite' },
    preset: { type: 'string', default: 'default' },
    deaths: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    share: { type: 'string', default: '50' },
    joins: { type: 'string', default: '20' },
    processes: { type: 'string', default: String(Math.max(2, availableParallelism())) },
  },
});
const sizes = given.nodes.split(',').map(Number);
// A URL may name several hosts with commas.
const registries = given.registry.includes(':') ? [given.registry] : given.registry.split(',');
const options = {
  preset: given.preset,
  deathCount: Number(given.deaths),
  seconds: Number(given.seconds),
  share: Number(given.share),
  joinRate: Number(given.joins),
  processCount: Number(given.processes),
};
const { deathCount, share, joinRate, processCount } = options;
const counts = [...sizes, deathCount, share, joinRate, processCount];
const isUsable = counts.every((count) => count > 0) && options.seconds > 0;
if (!Object.hasOwn(presets, options.preset) || !isUsable) {
  console.error('expected the name of a preset, and numbers above 0; see the head of bench/capacity.mjs');
  process.exit(2);
}
if (registries[0].includes(':') && sizes.length > 1) {
  console.error('expected one size with the URL of a registry: each row needs an empty one');
  process.exit(2);
}

// Servers and processes of nodes end at the exit of this one, which a signal alone does not make.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

const rows = [];
for (const registry of registries) {
  for (const nodeCount of sizes) {
    const row = await measureCapacity({ ...options, registry, nodeCount });
    rows.push(row);
    // One at a time, so that what was measured is kept when a later row ends badly.
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
}
const [first, ...others] = Object.keys(rows[0]);
printTable(`Nodes on one registry, preset ${options.preset}, ${deathCount} deaths`, [
  [first, ...rows.map((row) => row[first])],
  ...others.map((name) => [name, ...rows.map((row) => show(row[name]))]),
]);

function show(value) {
  if (typeof value === 'number') return value === 0 ? '0' : figure(value);
  return value === null || value === undefined ? '-' : String(value);
}
