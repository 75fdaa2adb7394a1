/**
 * What the commands for bad days cost on a SQLite file: `status` and `ring`, from the start of the process to its end, in
 * CPU and in time. Aims: 10,000 nodes within 1.5 s, with 100,000 rows of garbage beside them too; a small cluster at most
 * 0.15 s of CPU beyond Node's own start.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { openSqliteRegistry } from '../dist/adapters/sqlite/index.js';
import { figure, median, printTable } from './table.mjs';

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const reporter =
  'process.on("exit", () => process.stderr.write("\\ncpu " + JSON.stringify(process.cpuUsage())))';
const directory = mkdtempSync(join(tmpdir(), 'ringwatch-bench-'));
const runCount = 5;
const longestMs = 90_000;
/** The `main.js` of an earlier build to compare with. */
const before = process.argv[2];

try {
  const rows = [
    [
      'command',
      'cluster',
      'CPU, s',
      'beyond Node',
      'time, s',
      ...(before === undefined ? [] : ['time before, s']),
    ],
  ];
  const bare = timesOf(['-e', '0'], runCount);
  const add = (cluster, file, args) => {
    const there = [...args, '-r', `sqlite:${file}`];
    const { cpu, wall } = timesOf([main, ...there], runCount);
    // Once only: an earlier build may need minutes.
    const earlier = before === undefined ? [] : [limited(timesOf([before, ...there], 1).wall)];
    rows.push([args.join(' '), cluster, figure(cpu), figure(cpu - bare.cpu), figure(wall), ...earlier]);
    process.stderr.write(`${rows.at(-1).join(' | ')}\n`);
  };
  const small = await clusterOf({ name: 'small', nodeCount: 5, garbageCount: 0 });
  for (const args of [['status'], ['status', '--check'], ['ring'], ['events'], ['why', 'node-00001']])
    add('5 nodes', small, args);
  const large = await clusterOf({ name: 'large', nodeCount: 10_000, garbageCount: 0 });
  const littered = await clusterOf({ name: 'littered', nodeCount: 10_000, garbageCount: 100_000 });
  for (const args of [['status'], ['status', '--all'], ['ring'], ['why', 'node-00001']]) {
    add('10,000 nodes', large, args);
    add('and 100,000 rows of garbage', littered, args);
  }
  const node = `Node alone ${figure(bare.cpu)} s of CPU, ${figure(bare.wall)} s`;
  printTable(`Commands on a SQLite file (median of ${runCount}; ${node})`, rows);
} finally {
  rmSync(directory, { recursive: true });
}
function limited(wall) {
  return wall * 1_000 >= longestMs ? `killed after ${longestMs / 1_000}` : figure(wall);
}

/** CPU and time of a run of Node, in seconds. */
function timesOf(args, count) {
  const runs = Array.from({ length: count }, () => {
    const before = performance.now();
    const { stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(reporter)}`, ...args],
      { encoding: 'utf8', maxBuffer: 1 << 30, timeout: longestMs, killSignal: 'SIGKILL' },
    );
    const wall = (performance.now() - before) / 1_000;
    // On a large registry a command is two processes.
    const all = [...stderr.matchAll(/cpu (\{.*\})/g)].map(([, json]) => JSON.parse(json));
    const cpu = all.reduce((sum, { user, system }) => sum + (user + system) / 1_000_000, 0);
    return { cpu, wall };
  });
  return { cpu: median(runs.map(({ cpu }) => cpu)), wall: median(runs.map(({ wall }) => wall)) };
}

/** A file with so many nodes, each 100th suspected by one before it; half of the garbage left, half is dead and recovered. */
async function clusterOf({ name, nodeCount, garbageCount }) {
  const file = join(directory, `${name}.db`);
  const registry = await openSqliteRegistry(file);
  await registry.migrate();
  const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
  const ours = { isNamed: true, hasHandler: true, afterEpoch: 0 };
  for (const nodeId of ['node', 'seen'])
    await registry.join({ nodeId, ...place, ...ours, instanceId: nodeId });
  const who = { observerId: 'node', observerEpoch: 1, targetId: 'seen', targetEpoch: 1 };
  await registry.record([{ operationId: 'op', ...who, kind: 'suspect', evidence: null }]);
  await registry.close();
  const database = new Database(file);
  const copy = (table, changes, count, where, condition = '1 = 1') => {
    const names = database
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map((row) => row.name);
    const values = names.map((column) => changes[column] ?? column);
    database.exec(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
       INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${table}, numbers
       WHERE ${where} AND ${condition}`,
    );
  };
  const own = "printf('node-%05d', n)";
  copy('ringwatch_nodes', { node_id: own, instance_id: own }, nodeCount, "node_id = 'node'");
  copy('dns_nodes', { id: own }, nodeCount, "id = 'node'");
  copy(
    'ringwatch_votes',
    { target_id: own, observer_id: "printf('node-%05d', n - 1)" },
    nodeCount,
    "target_id = 'seen'",
    'n % 100 = 0',
  );
  if (garbageCount > 0) {
    const half = garbageCount / 2;
    const left = { node_id: "printf('left-%05d', n)", lifecycle: "'left'", status: "'inactive'" };
    const dead = { node_id: "printf('dead-%05d', n)", lifecycle: "'dead'", status: "'inactive'" };
    copy('ringwatch_nodes', left, half, "node_id = 'node'");
    copy('ringwatch_nodes', dead, half, "node_id = 'node'");
    database.exec(
      `INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at, decision_count, quorum, votes, resolution, resolved_at,
         fence, held_until, held_since, attempt_count, has_returned)
       SELECT node_id, 1, 1, 1, 2, '[]', 'completed', 2, 1, 0, 0, 1, 0 FROM ringwatch_nodes WHERE lifecycle = 'dead'`,
    );
    copy('ringwatch_events', { id: 'NULL' }, garbageCount, 'id = 1');
  }
  for (const table of ['ringwatch_nodes', 'ringwatch_votes'])
    database.exec(
      `DELETE FROM ${table} WHERE ${table === 'ringwatch_nodes' ? 'node_id' : 'target_id'} IN ('node', 'seen')`,
    );
  database.exec("DELETE FROM dns_nodes WHERE id IN ('node', 'seen')");
  database.close();
  return file;
}
