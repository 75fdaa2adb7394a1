/** What observers tell each other, over real sockets: what arrives, what is refused, and that none of it convicts. */
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { HttpMessenger } from '../../src/adapters/http/index.ts';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { PingServer } from '../../src/agent/ping-server.ts';
import { Agent } from '../../src/library/agent.ts';
import type { LookRequest } from '../../src/ports/messenger.ts';
import { AgentBench, ask, portOf, quickSettings } from './agent-bench.ts';

let bench: AgentBench;

beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.close());

const look = { kind: 'look', targetId: 'b', targetEpoch: 7 } as const;
const path = '/v1/internal/look';

function messenger(): HttpMessenger {
  const made = new HttpMessenger();
  onTestFinished(() => made.close());
  return made;
}

function post(port: number, text: string | undefined, method = 'POST') {
  return ask(port, path, { method, headers: text === undefined ? {} : { Look: text } });
}

it('a message arrives with its sender, and takes no place of an observer', async () => {
  const taken: [LookRequest, { nodeId: string; epoch: number }][] = [];
  const server = new PingServer({
    ...{ nodeId: 'c', keepAliveMs: 75_000, roundMs: 1_000, readNodes: async () => [], onTrouble: () => {} },
    state: () => ({ kind: 'healthy', epoch: 1 }),
    onLook: (message, sender) => taken.push([message, sender]),
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  messenger().send({ id: 'c', address: '127.0.0.1', port }, look, { nodeId: 'a', epoch: 3 });
  await expect.poll(() => taken, { timeout: 20_000 }).toEqual([[look, { nodeId: 'a', epoch: 3 }]]);
});

it('a message is small, and is not sent again to a node that knows nothing of it', async () => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sender = messenger();
  for (const epoch of [1, 2])
    sender.send({ id: 'c', address: '127.0.0.1', port }, look, { nodeId: 'a', epoch });
  await expect.poll(() => requests.length, { timeout: 20_000 }).toBe(2);
  const [first] = requests;
  expect([first?.method, first?.url]).toEqual(['POST', path]);
  expect(first?.rawHeaders.join('').length).toBeLessThan(100);
});

it('targets that never answer hold few connections, and those are given up', async () => {
  const sockets = new Set<Socket>();
  let mostOpen = 0;
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    mostOpen = Math.max(mostOpen, sockets.size);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const sender = messenger();
  for (let count = 0; count < 1_000; count++)
    sender.send({ id: 'c', address: '127.0.0.1', port }, look, { nodeId: 'a', epoch: 3 });
  await expect.poll(() => mostOpen, { timeout: 20_000 }).toBeGreaterThan(0);
  await expect.poll(() => sockets.size, { timeout: 20_000 }).toBe(0);
  expect(mostOpen).toBeLessThanOrEqual(16);
});

it('nothing is thrown at an address that is none', () => {
  const sender = messenger();
  for (const address of ['', 'a b', '10.0.0.1/x', '0.0.0.0'])
    sender.send({ id: 'c', address, port: 6_001 }, look, { nodeId: 'a', epoch: 3 });
  sender.send({ id: 'c', address: '127.0.0.1', port: 0 }, look, { nodeId: 'a', epoch: 3 });
  sender.send({ id: 'c', address: '127.0.0.1', port: 6_001 }, look, { nodeId: '\ud800', epoch: 3 });
});

it('an agent refuses what is no message', async () => {
  const port = portOf(await bench.start('a'));
  expect(await post(port, '3 b 1 stranger')).toMatchObject({ status: 204, headers: { connection: 'close' } });
  for (const text of [undefined, 'nonsense', '3 b 1 %zz', '3 b 1 c%0A', `3 b 1 ${'x'.repeat(3_000)}`])
    expect(await post(port, text)).toMatchObject({ status: 400, headers: { connection: 'close' } });
  expect(await post(port, '3 b 1 c', 'GET')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  expect(await ask(port)).toMatchObject({ status: 200 });
});

it('thousands of forged messages cost one warning and no verdict', async () => {
  const registry = new MemoryRegistry({ now: () => Date.now() });
  const agents = ['a', 'b', 'c'].map((nodeId) => new Agent({ nodeId, registry, ...quickSettings }));
  onTestFinished(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await registry.close();
  });
  const warnings: string[] = [];
  const deaths: unknown[] = [];
  for (const agent of agents) {
    agent.on('warning', ({ code, message }) => warnings.push(`${code} ${message}`));
    agent.on('verdict', (verdict) => deaths.push(verdict));
    agent.on('self-dead', (end) => deaths.push(end));
  }
  await Promise.all(agents.map((agent) => agent.start()));
  const port = agents[0]?.snapshot().port ?? 0;
  const statuses = new Map<number, number>();
  for (let sent = 0; sent < 3_000; sent += 30) {
    const texts = Array.from(
      { length: 30 },
      (_, index) => `1 s${sent + index} 1 ${['a', 'b', 'x'][index % 3]}`,
    );
    for (const { status } of await Promise.all(texts.map((text) => post(port, text))))
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(statuses.get(429) ?? 0).toBeGreaterThan(0);
  expect([...statuses.keys()].sort()).toEqual([204, 429]);
  expect(warnings.filter((line) => line.startsWith('ping-port requests to look'))).toHaveLength(1);
  expect(deaths).toEqual([]);
});
