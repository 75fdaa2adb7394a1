/** Pings that are answered on the program's own server: the same answers, and connections that stay open. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RingAgent } from '../../src/agent/index.ts';
import { lookPath } from '../../src/core/wire/look-message.ts';
import { AgentBench, ask, next, portOf } from './agent-bench.ts';

let bench: AgentBench;
const servers: Server[] = [];

beforeEach(() => {
  bench = new AgentBench();
});
afterEach(async () => {
  await bench.close();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A program with a page of its own, whose server closes idle connections after `keepAliveTimeout` ms. */
async function program(
  nodeId: string,
  keepAliveTimeout = 5_000,
): Promise<{ agent: RingAgent; port: number }> {
  const server = createServer({ keepAliveTimeout });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = bench.create(nodeId, { listen: false, port });
  const ping = agent.pingHandler();
  server.on('request', (request, response) => ping(request, response, () => response.end('the page')));
  return { agent, port };
}

async function answerOn(socket: Socket, path: string): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

describe("pings on the program's own server", () => {
  it('are answered as at a port of the agent, before, while and after it is a node', async () => {
    const own = await bench.start('a');
    const { agent, port } = await program('b');
    expect(await ask(port)).toMatchObject({ status: 503, body: expect.stringContaining('"reason":"new"') });
    await agent.start();
    expect(portOf(agent)).toBe(port);
    const requests: (readonly [string, object])[] = [
      ['/v1/internal/ping', {}],
      ['/v1/internal/ping?x=1', {}],
      ['/v1/internal/ping', { method: 'POST' }],
      ['/v1/internal/ping', { headers: { 'Content-Length': '4' } }],
      [lookPath, {}],
      [lookPath, { method: 'POST' }],
    ];
    for (const [path, options] of requests) {
      const [expected, got] = await Promise.all([ask(portOf(own), path, options), ask(port, path, options)]);
      expect({ path, status: got.status }).toEqual({ path, status: expected.status });
      expect(got.body).toBe(expected.body.replace('"a"', '"b"'));
      expect(got.headers).toEqual(expected.headers);
    }
    expect(await ask(port, '/')).toMatchObject({ status: 200, body: 'the page' });
    await agent.stop();
    expect(await ask(port)).toMatchObject({
      status: 503,
      body: expect.stringContaining('"reason":"stopped"'),
    });
  });

  it('keep their connection where the server closes an idle one', async () => {
    const { agent, port } = await program('a', 50);
    await agent.start();
    const [observer, visitor] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    let isClosed = false;
    observer.once('close', () => {
      isClosed = true;
    });
    try {
      expect(await answerOn(observer, '/v1/internal/ping')).toMatch(/^HTTP\/1.1 200/);
      const visitorClosed = once(visitor.resume(), 'close');
      await answerOn(visitor, '/');
      await visitorClosed;
      expect(isClosed).toBe(false);
      expect(await answerOn(observer, '/v1/internal/ping')).toMatch(/"node":"a"/);
    } finally {
      observer.destroy();
      visitor.destroy();
    }
  });

  it('bring probes and hints to the agent: a node that dies is found at once', async () => {
    const [a, b, c] = [await program('a'), await program('b'), await program('c')];
    for (const { agent } of [a, b, c]) await agent.start();
    const hits = [a, b].map(({ agent }) => next(agent, 'probe', ({ result }) => result === 'hit'));
    await Promise.all(hits);
    const verdict = Promise.race([a, b].map(({ agent }) => next(agent, 'verdict')));
    servers[2]?.close();
    servers[2]?.closeAllConnections();
    await c.agent.stop({ leave: false });
    expect(await verdict).toMatchObject({ targetId: 'c' });
  });

  it.each([
    ['answers 404', 404, /is not this node \(HTTP 404\)/],
    ['answers 200', 200, /another program answers/],
    ['does not answer', null, /does not reach itself/],
    ['does not listen', 'refused', /does not reach itself .*ECONNREFUSED/],
  ])('are missed where the server %s, which is told once with what to do', async (_, status, expected) => {
    const server = createServer((_request, response) => {
      if (typeof status === 'number') response.writeHead(status).end('the page');
    });
    servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    if (status === 'refused') await new Promise((resolve) => server.close(resolve));
    const agent = bench.create('a', { listen: false, port });
    const warnings: string[] = [];
    agent.on('warning', ({ code, message }) => warnings.push(`${code}: ${message}`));
    const warning = next(agent, 'warning', ({ code }) => code === 'own-address');
    await agent.start();
    expect((await warning).message).toMatch(expected);
    expect((await warning).message).toContain('does not pass requests to pingHandler()');
    await agent.stop();
    expect(warnings.filter((text) => text.startsWith('own-address'))).toHaveLength(1);
  });

  it('may begin just after the agent: then nothing is told', async () => {
    const reserved = createServer();
    await once(reserved.listen(0, '127.0.0.1'), 'listening');
    const { port } = reserved.address() as AddressInfo;
    await new Promise((resolve) => reserved.close(resolve));
    const agent = bench.create('a', { listen: false, port });
    const warnings: string[] = [];
    agent.on('warning', ({ code }) => warnings.push(code));
    await agent.start();
    const ping = agent.pingHandler();
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const server = createServer((request, response) => {
      ping(request, response, () => response.end('the page'));
      asked();
    });
    servers.push(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await isAsked;
    await agent.stop();
    expect(warnings).not.toContain('own-address');
  });
});
