/**
 * Bytes of one probe on a kept connection: what the real prober and the agent's ping server write into their sockets,
 * both ways, counted by a proxy between them. Headers of TCP and IP are not in it; bench/wire.mjs counts them.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { HttpProber } from '../dist/adapters/http/index.js';
import { PingServer } from '../dist/agent/ping-server.js';
import { printTable } from './table.mjs';

const probeCount = 100;
const nodeId = 'node-0001';
const counts = { request: 0, answer: 0, connections: 0 };
const server = new PingServer({
  nodeId,
  state: () => ({ kind: 'healthy', epoch: 12 }),
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
const prober = new HttpProber();
const { signal } = new AbortController();
const options = { timeoutMs: 1_000, signal, nextDueMs: 11_000, sender: { nodeId: 'node-0002', epoch: 12 } };
const target = { id: nodeId, address: '127.0.0.1', port: proxy.address().port };
for (let index = 0; index < probeCount; index++) {
  const outcome = await prober.probe(target, options);
  if (outcome.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`);
}
await prober.close();
await server.close();
proxy.close();

const { request, answer, connections } = counts;
printTable(`Bytes of a probe: ${probeCount} probes, connections: ${connections}`, [
  ['request', 'answer', 'both'],
  [request, answer, request + answer].map((bytes) => String(bytes / probeCount)),
]);
