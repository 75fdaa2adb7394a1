/**
 * Ringwatch beside Serf: real agents, one process and one network namespace a node, and the same faults for both. Needs
 * Linux, root, `ip` and `iptables`, and for Serf `serf` (Debian's packages iproute2, iptables and serf); it says what is
 * missing. Times are those at which this program reads a line of an agent, so both pay the same for that.
 *
 * `npm run bench:lan -- [--sizes 5,20,50] [--systems lan,serf] [--rows kill,gone,…] [--count 20] [--pauses 100]
 * [--registry sqlite|rqlite] [--settle 5] [--limit 240] [--scale 1] [--program dist/cli/main.js] [-- flags of our agents]`
 *
 * A system is a preset of ours, or `serf`, or `serf:wan`. `--count` is the deaths of a row, `--settle` the seconds after a
 * return, `--limit` the longest wait for a verdict, `--scale` shortens the bad times (0.1). The systems take their turns in one run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { printTable } from '../table.mjs';
import { Cluster } from './cluster.mjs';
import { Handler } from './handler.mjs';
import { Network, obstacleToNetworks, sweepFormerRuns } from './network.mjs';
import { startRegistryServer } from './registry-server.mjs';
import { ringwatch } from './ringwatch.mjs';
import { rows } from './rows.mjs';
import { serf, serfVersion } from './serf.mjs';

const ownEnd = process.argv.indexOf('--');
const extra = ownEnd === -1 ? [] : process.argv.slice(ownEnd + 1);
const { values: given } = parseArgs({
  args: process.argv.slice(2, ownEnd === -1 ? undefined : ownEnd),
  options: {
    sizes: { type: 'string', default: '5,20,50' },
    systems: { type: 'string', default: 'lan,serf' },
    rows: { type: 'string', default: Object.keys(rows).join(',') },
    count: { type: 'string', default: '20' },
    pauses: { type: 'string', default: '100' },
    registry: { type: 'string', default: 'sqlite' },
    settle: { type: 'string', default: '5' },
    limit: { type: 'string', default: '240' },
    scale: { type: 'string', default: '1' },
    program: { type: 'string', default: new URL('../../dist/cli/main.js', import.meta.url).pathname },
  },
});
const rowNames = given.rows.split(',');
const unknown = rowNames.filter((name) => rows[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`no such row: ${unknown.join(', ')}; there are ${Object.keys(rows).join(', ')}`);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());
const pause = (ms) => sleep(ms, null, { signal: interrupted.signal });

try {
  const obstacle = obstacleToNetworks();
  if (obstacle === null) await measureAll();
  else process.stdout.write(`\nbench/lan measures nothing here: ${obstacle}\n`);
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  process.exitCode = 130;
}

async function measureAll() {
  sweepFormerRuns();
  const version = serfVersion();
  const wanted = given.systems.split(',');
  const systems = wanted.filter((name) => version !== null || !name.startsWith('serf'));
  if (systems.length < wanted.length) {
    process.stdout.write("\nNothing stands beside Ringwatch: there is no `serf` (Debian's package serf).\n");
  }
  for (const size of given.sizes.split(',').map(Number)) {
    const columns = [];
    for (const system of systems) columns.push(await measure(system, size));
    const titles = [...new Set(columns.flatMap(({ lines }) => [...lines.keys()]))];
    const serfNote = version === null ? '' : `, ${version}`;
    const flags = extra.length === 0 ? '' : `, ours with ${extra.join(' ')}`;
    printTable(`${size} nodes, registry ${given.registry}${serfNote}${flags}; median / worst (how many)`, [
      ['', ...columns.map(({ name }) => name)],
      ...titles.map((title) => [title, ...columns.map(({ lines }) => lines.get(title) ?? '-')]),
    ]);
  }
}

/** One system, one size: all rows in one running cluster. */
async function measure(name, size) {
  const folder = mkdtempSync(join(tmpdir(), 'ringwatch-lan-'));
  const network = new Network(size);
  const handler = new Handler(folder);
  const lines = new Map();
  let cluster = null;
  let registry = null;
  try {
    network.lay();
    const isSerf = name.startsWith('serf');
    if (!isSerf && given.registry === 'rqlite')
      registry = await startRegistryServer({ network, folder, pause });
    const system = isSerf
      ? serf({ profile: name.split(':')[1] ?? 'lan', handler, nodes: network.nodes })
      : ringwatch({
          ...{ preset: name, program: given.program, registryUrl: registry?.url, extra, handler, folder },
        });
    const tell = (text) => process.stderr.write(`${system.name}, N = ${size}: ${text}\n`);
    cluster = new Cluster({ system, network, handler, signal: interrupted.signal });
    await cluster.start();
    tell('all are up');
    await cluster.pause(Number(given.settle) * 1_000);
    for (const rowName of rowNames) {
      const row = rows[rowName];
      if (row.fits !== undefined && !row.fits(cluster)) continue;
      const result = await row.run(cluster, {
        count: Number(given.count),
        limitMs: Number(given.limit) * 1_000,
        settleMs: Number(given.settle) * 1_000,
        pauseCount: Number(given.pauses),
        pauseMs: 6_000,
        idleMs: 120_000 * Number(given.scale),
        scale: Number(given.scale),
        tell: (text) => tell(`${rowName} ${text}`),
      });
      for (const [title, cell] of row.cells(result)) lines.set(title, cell);
    }
    return { name: system.name, lines };
  } finally {
    cluster?.end();
    registry?.server.kill('SIGKILL');
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
