/**
 * Bytes and packets of an idle node on the wire: TCP, IP and Ethernet headers, acks and ARP included. Each agent is a
 * process in a network namespace of its own, on a bridge in one more. The kernel's counters of each agent's only interface
 * are read before and after. For Linux with root and `ip` of iproute2; elsewhere it says so and measures nothing.
 *
 *   node bench/wire.mjs [--registry sqlite|rqlite] [--preset default] [--program dist/cli/main.js]
 *
 * With `sqlite`, the default, the registry is a file, so that all packets are those of probes. Aim: at most 150 bytes and 1.3
 * packets sent a second with the preset `default`. With `rqlite` it is a server at the bridge. Aim: at most 200 bytes sent a
 * second with `default`, 400 with `lan`. Another program may be that of another build.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findRqlited } from '../dist/cli/rqlite-server.js';
import { figure, median, printTable } from './table.mjs';

const nodeCount = 5;
/** Nodes of a cluster do not all start at one moment; those of this one do so within an interval of heartbeats. */
const startMs = 30_000;
/** A node that an observer drops, since another one has joined, reads more often until it knows. */
const warmUpMs = 60_000;
/** Two lives of a kept connection. */
const measuredMs = 240_000;
const port = 6001;

const { registry, preset, program } = parseArgs({
  options: {
    registry: { type: 'string', default: 'sqlite' },
    preset: { type: 'string', default: 'default' },
    program: { type: 'string', default: new URL('../dist/cli/main.js', import.meta.url).pathname },
  },
}).values;
const aims = {
  'sqlite default': { bytes: '150', packets: '1.3' },
  'rqlite default': { bytes: '200' },
  'rqlite lan': { bytes: '400' },
};
const serverAddress = '10.0.0.250';
const hub = `ringwatch-wire-${process.pid}`;
const nodes = Array.from({ length: nodeCount }, (_, index) => ({
  nodeId: `node-${index + 1}`,
  namespace: `${hub}-${index + 1}`,
  link: `port${index + 1}`,
  address: `10.0.0.${index + 1}`,
}));
const namespaces = [];
const agents = [];
const servers = [];

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());
const folder = mkdtempSync(join(tmpdir(), 'ringwatch-wire-'));
try {
  const obstacle = obstacleToWires();
  if (obstacle === null) await measure();
  else process.stdout.write(`\nbench/wire.mjs measures nothing here: ${obstacle}\n`);
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await Promise.all(agents.map(end));
  for (const server of servers) server.kill('SIGKILL');
  for (const namespace of namespaces) ip(['netns', 'delete', namespace]);
  rmSync(folder, { recursive: true, force: true });
}

async function measure() {
  if (registry === 'rqlite') await startServer();
  for (const node of nodes) {
    agents.push(startAgent(node));
    await sleep(startMs / nodeCount, null, interrupted);
  }
  await sleep(warmUpMs, null, interrupted);
  const startedAt = performance.now();
  const before = nodes.map(counters);
  await sleep(measuredMs, null, interrupted);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = nodes.map(counters);
  for (const { exitCode } of agents) if (exitCode !== null) throw new Error('an agent ended early');

  const row = (name, direction, unit, aim) => {
    const rates = nodes.map(
      (_, index) => (after[index][direction][unit] - before[index][direction][unit]) / seconds,
    );
    return [
      name,
      figure(median(rates)),
      `${figure(Math.min(...rates))} to ${figure(Math.max(...rates))}`,
      aim,
    ];
  };
  const aim = aims[`${registry} ${preset}`] ?? {};
  const title = `An idle node on the wire, ${registry}, preset ${preset}, ${nodeCount} in the cluster, over ${figure(seconds)} s`;
  printTable(title, [
    ['a second', 'median', 'from, to', 'aim'],
    row('bytes sent', 'tx', 'bytes', aim.bytes ?? ''),
    row('packets sent', 'tx', 'packets', aim.packets ?? ''),
    row('bytes received', 'rx', 'bytes', ''),
    row('packets received', 'rx', 'packets', ''),
  ]);
}

/** Lays the wires. Why that cannot be done here, or null. */
function obstacleToWires() {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid() !== 0) return 'it needs root, for network namespaces';
  try {
    layWires();
    return null;
  } catch (error) {
    if (error.code === 'ENOENT') return 'it needs `ip` of iproute2';
    return `there are no network namespaces, bridges or veth links (${String(error.stderr ?? error).trim()})`;
  }
}

/** One bridge, and a link from it to each node. */
function layWires() {
  addNamespace(hub);
  ip(['-n', hub, 'link', 'add', 'bridge', 'type', 'bridge']);
  raise(hub, 'bridge');
  raise(hub, 'lo');
  ip(['-n', hub, 'address', 'add', `${serverAddress}/24`, 'dev', 'bridge']);
  for (const { namespace, link, address } of nodes) {
    addNamespace(namespace);
    ip(['-n', hub, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    ip(['-n', hub, 'link', 'set', link, 'master', 'bridge']);
    raise(hub, link);
    ip(['-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    for (const device of ['lo', 'eth0']) raise(namespace, device);
  }
}

/** Without an IPv6 address of its own: what the kernel says about that would be counted. */
function raise(namespace, device) {
  ip(['-n', namespace, 'link', 'set', device, 'addrgenmode', 'none']);
  ip(['-n', namespace, 'link', 'set', device, 'up']);
}

function startAgent({ nodeId, namespace, address }) {
  return spawn(
    'ip',
    [
      ...['netns', 'exec', namespace, process.execPath, program, 'agent', '--node-id', nodeId],
      ...['--registry', registryUrl(), '--preset', preset],
      ...['--address', address, '--listen', `${address}:${port}`],
      ...['--log-level', 'error', '--until-stdin-ends'],
    ],
    // A group of its own, so that Ctrl-C at a terminal reaches this program alone, which ends the agents.
    { stdio: ['pipe', 'ignore', 'inherit'], detached: true },
  );
}

function registryUrl() {
  return registry === 'rqlite' ? `rqlite://${serverAddress}:4001` : `sqlite:${join(folder, 'cluster.db')}`;
}

/** One rqlite server in the bridge's namespace. */
async function startServer() {
  const server = spawn(
    'ip',
    [
      ...['netns', 'exec', hub, findRqlited(), '-node-id', 'server', '-http-addr', `${serverAddress}:4001`],
      ...['-raft-addr', `${serverAddress}:4002`, join(folder, 'rqlite')],
    ],
    { stdio: 'ignore', detached: true },
  );
  servers.push(server);
  const isReady = () => {
    try {
      const url = `http://${serverAddress}:4001/readyz`;
      const script = `fetch('${url}').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
      ip(['netns', 'exec', hub, process.execPath, '-e', script]);
      return true;
    } catch {
      return false;
    }
  };
  while (!isReady()) await sleep(200, null, interrupted);
}

async function end(agent) {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  const ended = once(agent, 'exit');
  agent.stdin.end();
  const killer = setTimeout(() => agent.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(killer);
}

function addNamespace(name) {
  ip(['netns', 'add', name]);
  namespaces.push(name);
}

function counters({ namespace }) {
  const [link] = JSON.parse(ip(['-n', namespace, '-s', '-j', 'link', 'show', 'eth0']));
  return link.stats64;
}

function ip(args) {
  return execFileSync('ip', args, { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'pipe'] });
}
