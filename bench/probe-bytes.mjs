/**
 * Bytes of one probe on a kept connection: what the real prober and the agent's ping server write into their sockets,
 * both ways, counted by a proxy between them, without and with a cluster secret. Headers of TCP and IP are not in it; bench/wire.mjs counts them.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { HttpProber } from '../dist/adapters/http/index.js';
import { HmacSigner } from '../dist/adapters/system/hmac-signer.js';
import { PingServer } from '../dist/agent/ping-server.js';
import { printTable } from './table.mjs';

const probeCount = 100;
const nodeId = 'node-0001';
const epoch = 12;
const rows = [];

for (const [name, signer] of [
  ['no', undefined],
  ['yes', new HmacSigner({ secrets: ['the secret of this bench'], acceptsUnsigned: false, warning: null })],
]) {
  const counts = { request: 0, answer: 0, connections: 0 };
  const server = new PingServer({
    nodeId,
    state: () => ({ kind: 'healthy', epoch }),
    epoch: () => epoch,
    signer,
    keepAliveMs: 60_000,
    readNodes: async () => [],
    roundMs: 1_000,
    onTrouble: () => {},
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const proxy = createServer((near) => {
    counts.connections++;
    const far = connect(port, '127.0.0.1');
    near.on('data', (chunk) => {
      counts.request += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      counts.answer += chunk.length;
      near.write(chunk);
    });
    near.on('close', () => far.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const prober = new HttpProber({ signer });
  const { signal } = new AbortController();
  const options = { timeoutMs: 1_000, signal, nextDueMs: 11_000, sender: { nodeId: 'node-0002', epoch } };
  const target = { id: nodeId, address: '127.0.0.1', port: proxy.address().port, epoch };
  for (let index = 0; index < probeCount; index++) {
    const outcome = await prober.probe(target, options);
    if (outcome.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`);
  }
  await prober.close();
  await server.close();
  proxy.close();
  const { request, answer, connections } = counts;
  rows.push([
    name,
    ...[request, answer, request + answer].map((bytes) => String(bytes / probeCount)),
    String(connections),
  ]);
}

printTable(`Bytes of a probe: the mean of ${probeCount}`, [
  ['secret', 'request', 'answer', 'both', 'connections'],
  ...rows,
]);
