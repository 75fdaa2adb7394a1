/**
 * What a reading and a heartbeat of one node cost on a real rqlite server, at 0, 1,000 and 5,000 other nodes: statements,
 * bytes of the requests and of the answers with their headers, and CPU of the server. Aim: a reading sends at most 200
 * bytes in one statement and takes 0.8 ms. With `RINGWATCH_BENCH_BEFORE=<folder of another build's dist>` that build takes
 * turns with this one, each on a server of its own.
 */
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { startRqliteCluster } from '../dist/cli/rqlite-cluster.js';
import { figure, printTable } from './table.mjs';

const readingCount = 400;
const beatCount = 100;
const turns = 3;
const sizes = [0, 1_000, 5_000];
const before = process.env.RINGWATCH_BENCH_BEFORE;
const builds = [
  ...(before === undefined ? [] : [['before', pathToFileURL(`${resolve(before)}/`)]]),
  ['now', new URL('../dist/', import.meta.url)],
];
const asked = { ...{ nodeId: 'node-000500-self', epoch: 1 }, lookAhead: 4, watched: [] };
const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
const self = { nodeId: 'node-000500-self', epoch: 1 };

const places = [];
try {
  for (const [title, folder] of builds) places.push(await open(title, folder));
  for (const size of sizes) {
    const rows = places.map(() => ({ reading: [], beat: [] }));
    for (const one of places) await fill(one, size);
    for (let turn = 0; turn < turns; turn++) {
      for (const [index, one] of places.entries()) {
        rows[index].reading.push(await cost(one, readingCount, () => one.registry.readRound(asked)));
        rows[index].beat.push(await cost(one, beatCount, () => one.registry.heartbeat(self)));
      }
    }
    printTable(`One node's calls on one rqlite server, beside ${size.toLocaleString('en')} other nodes`, [
      ['call', 'build', 'statements', 'bytes sent', 'bytes received', 'CPU of the server, ms', 'time, ms'],
      ...['reading', 'beat'].flatMap((name) =>
        rows.map((row, index) => [name, places[index].title, ...middleOf(row[name]).map(figure)]),
      ),
    ]);
  }
} finally {
  for (const one of places) await one.close();
}

/** A server with a registry of one build, and what goes between them counted. */
async function open(title, folder) {
  const load = (path) => import(new URL(path, folder).href);
  const { SqlRegistry } = await load('adapters/sql/registry.js');
  const { openRqliteExecutor } = await load('adapters/rqlite/executor.js');
  const { parseRqliteUrl } = await load('adapters/rqlite/url.js');
  const cluster = await startRqliteCluster({ nodeCount: 1 });
  const [server] = cluster.servers;
  const count = { statements: 0, sent: 0, received: 0 };
  const wire = await countingWire(server.address, count);
  const executor = openRqliteExecutor(parseRqliteUrl(`rqlite://127.0.0.1:${wire.address().port}`));
  const registry = new SqlRegistry(executor);
  await registry.migrate();
  const who = { nodeId: self.nodeId, instanceId: 'i', afterEpoch: 0, isNamed: true, hasHandler: true };
  await registry.join({ ...who, ...place });
  const close = async () => {
    await registry.close();
    wire.close();
    await cluster.dispose();
  };
  return { title, server, count, executor, registry, close };
}

/** So many live nodes around the one that calls. */
async function fill({ executor, registry }, size) {
  const values = [];
  if (size > 0) {
    await executor.transact([
      { sql: `DELETE FROM ringwatch_nodes WHERE node_id <> '${self.nodeId}'`, values },
      {
        sql: `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < ${size})
          INSERT INTO ringwatch_nodes (node_id, epoch, lifecycle, instance_id, address, port, is_named, has_handler,
            keeps_shared, maintenance_until, is_maintenance_theirs, beat_order, last_beat_at, refutation_count,
            decision_count, rev, status, joined_after)
          SELECT printf('node-%06d', i), 1, 'alive', printf('instance-%06d', i), '10.0.0.1', 6001, 1, 1, 1, 0, 0, i + 1,
            1700000000000, 0, 0, 1, 'active', 0 FROM c`,
        values,
      },
    ]);
  }
  // The first one looks at its row, and takes in what nodes of the original have written.
  await registry.heartbeat(self);
  await registry.heartbeat(self);
  await registry.readRound(asked);
  // A reading shortly after a write asks the leader.
  await new Promise((done) => setTimeout(done, 1_100));
}

async function cost({ server, count, executor, registry }, callCount, call) {
  for (let index = 0; index < 10; index++) await call();
  await new Promise((done) => setTimeout(done, 1_100));
  await registry.readRound(asked);
  await executor.now();
  const [from, cpuFrom, startedAt] = [{ ...count }, cpuMs(server), performance.now()];
  for (let index = 0; index < callCount; index++) await call();
  const ms = performance.now() - startedAt;
  return [
    ...['statements', 'sent', 'received'].map((name) => (count[name] - from[name]) / callCount),
    (cpuMs(server) - cpuFrom) / callCount,
    ms / callCount,
  ];
}

/** The median of each figure. */
function middleOf(costs) {
  return costs[0].map((_, index) => costs.map((one) => one[index]).sort((a, b) => a - b)[costs.length >> 1]);
}

function cpuMs({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Passes everything on, and counts it. */
async function countingWire(address, count) {
  const [host, port] = address.split(':');
  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    client.on('data', (data) => {
      count.sent += data.length;
      const text = data.toString();
      const body = text.slice(text.indexOf('\r\n\r\n') + 4);
      if (text.startsWith('GET ')) count.statements++;
      else if (body.startsWith('[')) count.statements += JSON.parse(body).length;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      count.received += data.length;
      client.write(data);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return server;
}
