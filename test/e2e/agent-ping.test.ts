/** The ping answer: what it says when, and to whom. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, ask, next, portOf } from './agent-bench.ts';

let bench: AgentBench;

beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.close());

describe('the ping answer', () => {
  it('names the node and its epoch, on a kept connection', async () => {
    const agent = await bench.start('a');
    const { status, body, headers } = await ask(portOf(agent));
    expect([status, body]).toEqual([200, '{"status":"ok","node":"a","epoch":1}']);
    expect(headers).toMatchObject({ vary: '*' });
    const target = { id: 'a', address: '127.0.0.1', port: portOf(agent) };
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count++) {
      const outcome = await bench.prober.probe(target, { timeoutMs: 10_000, signal });
      expect(outcome).toMatchObject({ kind: 'answer', nodeId: 'a', epoch: 1 });
    }
    expect(bench.prober.connectionCount).toBe(1);
  });

  it('says how long its connection is kept to those who ask, and saves the bytes with an observer', async () => {
    const port = portOf(await bench.start('a'));
    const asking = await ask(port, undefined, { headers: { Connection: 'keep-alive' } });
    expect(asking.headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=75' });

    const socket = connect(port, '127.0.0.1');
    try {
      for (let count = 0; count < 2; count++) {
        socket.write('GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\n\r\n');
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        expect(bytes.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        expect(bytes.toString()).not.toMatch(/keep-alive/i);
      }
    } finally {
      socket.destroy();
    }
  });

  it('is 404 elsewhere, 405 for other methods, and 413 for a body; none of these keeps its connection', async () => {
    const port = portOf(await bench.start('a'));
    expect(await ask(port, '/')).toMatchObject({ status: 404, headers: { connection: 'close' } });
    expect(await ask(port, '/v1/internal/pingpong')).toMatchObject({ status: 404 });
    expect(await ask(port, undefined, { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET', connection: 'close' },
    });
    expect(await ask(port, undefined, { headers: { 'Content-Length': '4' } })).toMatchObject({ status: 413 });
    expect(await ask(port, '/v1/internal/ping?x=1')).toMatchObject({ status: 200 });
  });

  it('refuses large heads and nonsense, and goes on answering', async () => {
    const port = portOf(await bench.start('a'));
    for (const bytes of [`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(5_000)}\r\n`, 'nonsense\r\n\r\n']) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(bytes);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(await ask(port)).toMatchObject({ status: 200 });
  });

  it('does not wait for the registry', async () => {
    const agent = await bench.start('a');
    for (const name of ['readRound', 'heartbeat', 'readNode'] as const) {
      bench.registry[name] = () => new Promise<never>(() => {});
    }
    expect(await ask(portOf(agent))).toMatchObject({ status: 200 });
    await agent.stop({ leave: false });
  });

  it('is 503 with a reason until the node has joined', async () => {
    const readNode = bench.registry.readNode.bind(bench.registry);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    bench.registry.readNode = async (nodeId) => {
      await held;
      return readNode(nodeId);
    };
    const agent = bench.create('a');
    const starting = agent.start();
    await expect.poll(() => agent.snapshot().port, { timeout: 20_000 }).not.toBeNull();
    const { status, body } = await ask(portOf(agent));
    expect([status, JSON.parse(body)]).toEqual([
      503,
      { status: 'unavailable', node: 'a', reason: 'joining' },
    ]);
    release();
    await starting;
    expect(await ask(portOf(agent))).toMatchObject({ status: 200 });
  });

  it('is 503 while the application’s check fails, says why, and is 200 again after', async () => {
    let status = 200;
    const { createServer } = await import('node:http');
    const application = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    const { port } = application.address() as { port: number };
    try {
      const agent = await bench.start('a', { check: `http://127.0.0.1:${port}/health`, checkIntervalMs: 20 });
      expect(await ask(portOf(agent))).toMatchObject({ status: 200 });
      const failing = next(agent, 'check', ({ isHealthy }) => !isHealthy);
      status = 500;
      expect(await failing).toEqual({ isHealthy: false, reason: 'HTTP 500' });
      const answer = await ask(portOf(agent));
      expect([answer.status, JSON.parse(answer.body).reason]).toEqual([503, 'HTTP 500']);
      const passing = next(agent, 'check', ({ isHealthy }) => isHealthy);
      const joining = next(agent, 'joined', ({ targetEpoch }) => targetEpoch === 2);
      status = 302;
      expect(await passing).toEqual({ isHealthy: true, reason: 'HTTP 302' });
      await joining;
      expect(await ask(portOf(agent))).toMatchObject({ status: 200 });
    } finally {
      application.closeAllConnections();
      await new Promise((resolve) => application.close(resolve));
    }
  });

  it('comes only after the check has passed once: a node whose application never ran is no member', async () => {
    const agent = bench.create('a', { check: 'echo not yet; exit 3', checkIntervalMs: 20 });
    const failing = next(agent, 'check');
    const starting = agent.start();
    expect(await failing).toEqual({
      isHealthy: false,
      reason: 'the check command failed: exit code 3: not yet',
    });
    expect(await ask(portOf(agent))).toMatchObject({ status: 503 });
    expect(await bench.registry.readNode('a')).toBeNull();
    await agent.stop();
    await starting;
    expect(await agent.whenStopped()).toEqual({ reason: 'stopped', error: null });
  });
});
