/**
 * An overload that must end when its cause ends: one real rqlite server is stopped (SIGSTOP) under many real agents and
 * goes on (SIGCONT), or runs for a small share of the time only, as on a machine that is overloaded. Aims: each agent reads and writes again within 5 s, the server has no more threads than a few for
 * each agent, and the node that was killed meanwhile is confirmed dead. Needs rqlited, and Linux for the counts.
 *
 * `node bench/registry-overload.mjs [--agents 20] [--preset local] [--stops 6,12,30] [--times 1] [--load 0] [--share 0]
 * [--watch 60] [--program dist/cli/main.js] [--profile]`. `--load` is a number of busy loops beside it, `--share` the part
 * of the time for which the server runs while it is "stopped", `--watch` the seconds that all have to heal. `--profile`
 * prints what the server's goroutines do at the end of a stop, and where it did not heal.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startRqliteCluster } from '../dist/cli/rqlite-cluster.js';
import { figure, printTable } from './table.mjs';

const { values: given } = parseArgs({
  options: {
    agents: { type: 'string', default: '20' },
    preset: { type: 'string', default: 'local' },
    stops: { type: 'string', default: '6,12,30' },
    times: { type: 'string', default: '1' },
    load: { type: 'string', default: '0' },
    share: { type: 'string', default: '0' },
    watch: { type: 'string', default: '60' },
    program: { type: 'string', default: new URL('../dist/cli/main.js', import.meta.url).pathname },
    profile: { type: 'boolean', default: false },
  },
});
const agentCount = Number(given.agents);
const watchMs = Number(given.watch) * 1_000;
const share = Number(given.share);
const aimMs = 5_000;
/** Longest time from one heartbeat to the next of a node that is well: the interval and its jitter. */
const beatEveryMs = { local: 1_100, lan: 11_000 }[given.preset] ?? 33_000;

const cluster = await startRqliteCluster({ nodeCount: 1 });
const [server] = cluster.servers;
const agents = Array.from({ length: agentCount }, (_, index) => ({
  nodeId: `node-${String(index + 1).padStart(2, '0')}`,
  child: null,
  isOut: false,
  outageEndedAt: 0,
}));
/** Of the node that was killed last: when the first agent told of its verdict. */
const death = { nodeId: '', confirmedAt: null };
const loops = Array.from({ length: Number(given.load) }, () => spawn(process.execPath, ['-e', 'for(;;){}']));

let unhealedCount = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of [...loops, ...agents.map((agent) => agent.child)]) child?.kill('SIGKILL');
    process.exit(130);
  });
}
try {
  for (let first = 0; first < agentCount; first += 4) {
    await Promise.all(agents.slice(first, first + 4).map(start));
  }
  if (!(await settle(120_000))) throw new Error('the agents did not come to rest within 120 s');
  const rows = [];
  for (let time = 0; time < Number(given.times); time++) {
    for (const stop of given.stops.split(',')) {
      const row = await stopFor(Number(stop) * 1_000, agents[(time * 7 + 3) % agentCount]);
      rows.push(row);
      process.stdout.write(`${JSON.stringify(row)}\n`);
    }
  }
  const head = Object.keys(rows[0] ?? {});
  printTable(`${agentCount} agents, preset ${given.preset}, ${given.load} busy loops: one server stopped`, [
    head,
    ...rows.map((row) => head.map((name) => (typeof row[name] === 'number' ? figure(row[name]) : row[name]))),
  ]);
  process.stdout.write(`${rows.length - unhealedCount} of ${rows.length} healed within 5 s\n`);
  if (unhealedCount > 0) process.exitCode = 1;
} finally {
  server.signal('SIGCONT');
  for (const loop of loops) loop.kill('SIGKILL');
  await Promise.all(agents.map(end));
  await cluster.dispose();
}

/** Starts an agent, again where a busy machine was too slow for it, and waits until it has joined. */
async function start(agent) {
  while (!(await startOnce(agent)));
}

function startOnce(agent) {
  const child = spawn(
    process.execPath,
    [
      ...[given.program, 'agent', '--registry', cluster.url, '--node-id', agent.nodeId, '--replace'],
      ...['--address', '127.0.0.1', '--listen', '127.0.0.1:0', '--preset', given.preset],
      ...['--startup-grace-period', '1s', '--on-dead', 'true', '--events', '--log-level', 'silent'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  agent.child = child;
  agent.isOut = false;
  return new Promise((resolve) => {
    child.once('exit', () => resolve(false));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.event === 'joined') resolve(true);
      take(agent, event);
    });
  });
}

async function end({ child }) {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

function take(agent, event) {
  if (event.event === 'outage') {
    agent.isOut = event.isOn;
    if (!event.isOn) agent.outageEndedAt = Date.now();
  }
  if (event.event === 'verdict' && event.targetId === death.nodeId) death.confirmedAt ??= Date.now();
}

/** Until each agent has a heartbeat of late and none is in an outage. */
async function settle(limitMs) {
  const endsAt = Date.now() + limitMs;
  for (;;) {
    const beats = await readBeats();
    const isWell = ({ nodeId, isOut }) =>
      !isOut && (beats?.get(nodeId)?.at ?? 0) > Date.now() - 1.5 * beatEveryMs;
    if (agents.every(isWell)) return true;
    if (Date.now() > endsAt) return false;
    await sleep(500);
  }
}

/** Stops the server; with a share, again and again. */
function stopServer() {
  const periodMs = 100;
  server.signal('SIGSTOP');
  if (share === 0) return undefined;
  return setInterval(() => {
    server.signal('SIGCONT');
    setTimeout(() => server.signal('SIGSTOP'), periodMs * share);
  }, periodMs);
}

async function stopFor(stopMs, victim) {
  await settle(60_000);
  await sleep(3_000);
  const threadsBefore = threadCount();
  death.nodeId = '';
  const requestsBefore = await requestCount();
  const before = (await readBeats()) ?? new Map();
  const hold = stopServer();
  await sleep(stopMs / 2);
  await end(victim);
  Object.assign(death, { nodeId: victim.nodeId, confirmedAt: null });
  await sleep(stopMs / 2);
  const connections = connectionCount();
  const load = loadavg()[0];
  clearInterval(hold);
  await sleep(100);
  server.signal('SIGCONT');
  const continuedAt = Date.now();
  const requests = sleep(1_000).then(
    async () => ((await requestCount()) - requestsBefore) / (agentCount - 1),
  );
  if (given.profile) await profile();

  const others = agents.filter((agent) => agent !== victim);
  const wrote = new Map();
  let threads = 0;
  let healedMs = null;
  const isOver = () => healedMs !== null && death.confirmedAt !== null;
  const polling = (async () => {
    while (!isOver() && Date.now() < continuedAt + watchMs) {
      const beats = (await readBeats()) ?? new Map();
      for (const { nodeId } of others) {
        const old = before.get(nodeId) ?? { order: 0, at: 0 };
        const order = beats.get(nodeId)?.order ?? 0;
        if (order <= old.order || wrote.has(nodeId)) continue;
        // A node that need not write yet is not late.
        wrote.set(nodeId, Date.now() - Math.max(continuedAt, old.at + beatEveryMs));
      }
      await sleep(200);
    }
  })();
  while (!isOver() && Date.now() < continuedAt + watchMs) {
    threads = Math.max(threads, threadCount());
    const isHealed = others.every(({ nodeId, isOut }) => !isOut && wrote.has(nodeId));
    if (isHealed) healedMs ??= Date.now() - continuedAt;
    else if (others.some(({ isOut }) => isOut)) healedMs = null;
    await sleep(50);
  }
  const reads = others.some(({ isOut }) => isOut)
    ? null
    : Math.max(0, ...others.map(({ outageEndedAt }) => outageEndedAt - continuedAt));
  const writes = wrote.size < others.length ? null : Math.max(0, ...wrote.values());
  const row = {
    'stopped, s': stopMs / 1_000,
    load: Number(load.toFixed(1)),
    'all read, ms': reads ?? 'never',
    'all write, ms': writes ?? 'never',
    'threads before': threadsBefore,
    'threads, most': threads,
    connections,
    'requests of each': Number.isNaN(await requests) ? 'no answer' : await requests,
    'death confirmed, s': death.confirmedAt === null ? 'never' : (death.confirmedAt - continuedAt) / 1_000,
  };
  const isWell =
    reads !== null && reads <= aimMs && writes !== null && writes <= aimMs && death.confirmedAt !== null;
  if (!isWell) {
    unhealedCount++;
    if (given.profile) await profile();
  }
  await Promise.race([polling, sleep(1_000)]);
  await start(victim);
  return row;
}

/** The newest heartbeat of each node: its place among all, and the sender's time of it. Null where there is no answer. */
async function readBeats() {
  const body = await ask('/db/query?level=none', [
    ['SELECT node_id, beat_order, last_beat_at FROM ringwatch_nodes'],
  ]);
  if (body === null) return null;
  const [{ error, values = [] }] = body.results;
  if (error !== undefined && !error.startsWith('no such table')) throw new Error(error);
  return new Map(values.map(([nodeId, order, at]) => [nodeId, { order, at }]));
}

async function ask(path, statements) {
  try {
    const answer = await fetch(`http://${server.address}${path}`, {
      method: 'POST',
      body: JSON.stringify(statements),
      signal: AbortSignal.timeout(10_000),
    });
    return await answer.json();
  } catch {
    return null;
  }
}

/** Requests that the server has begun with since its start; not a number where it does not say so. */
async function requestCount() {
  try {
    const answer = await fetch(`http://${server.address}/debug/vars`, {
      signal: AbortSignal.timeout(10_000),
    });
    const { queries, executions, requests } = (await answer.json()).http;
    return queries + executions + requests;
  } catch {
    return Number.NaN;
  }
}

/** What the goroutines of the server do, those that serve requests first. */
async function profile() {
  const url = `http://${server.address}/debug/pprof/goroutine?debug=2`;
  const text = await fetch(url, { signal: AbortSignal.timeout(30_000) }).then(
    (answer) => answer.text(),
    (error) => `no profile: ${error}`,
  );
  const goroutines = text.split('\n\n');
  const of = (pattern) => goroutines.filter((one) => pattern.test(one)).length;
  const counts = {
    goroutines: goroutines.length,
    'in SQLiteDriver.Open': of(/SQLiteDriver\)\.Open/),
    'serving a query': of(/handleQuery/),
    'serving an execute': of(/handleExecute/),
    'serving a request': of(/handleRequest\(/),
    threads: threadCount(),
    'resident MB': Math.round(Number(/VmRSS:\s+(\d+)/.exec(status())?.[1] ?? 0) / 1_024),
  };
  process.stdout.write(`${goroutines.length < 2 ? text : JSON.stringify(counts)}\n`);
}

function status() {
  return readFileSync(`/proc/${server.pid}/status`, 'utf8');
}

function threadCount() {
  return Number(/Threads:\s+(\d+)/.exec(status())?.[1] ?? 0);
}

/** Established connections at the server's end. */
function connectionCount() {
  const port = server.options.httpPort.toString(16).toUpperCase().padStart(4, '0');
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => new RegExp(`^ *\\d+: \\w+:${port} \\w+:\\w+ 01`).test(line)).length;
}
