/** What the ping port learns of those who ask: who asks, when again, and whose connection was closed. */
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { HttpProber } from '../../src/adapters/http/index.ts';
import { PingServer, type PingServerOptions } from '../../src/agent/ping-server.ts';
import { Signals } from '../../src/monitor/signals.ts';
import { AgentBench, portOf } from './agent-bench.ts';

const patient = { timeout: 20_000 };

interface Served {
  readonly server: PingServer;
  readonly port: number;
  /** In the order in which it came. */
  readonly told: string[];
}

async function serve(changes: Partial<PingServerOptions> = {}): Promise<Served> {
  const told: string[] = [];
  const server = new PingServer({
    nodeId: 'a',
    state: () => ({ kind: 'healthy', epoch: 1 }),
    ...{ keepAliveMs: 60_000, roundMs: 60_000 },
    readNodes: async () => [],
    onTrouble: (trouble) => told.push(trouble),
    onProbe: ({ nodeId, epoch, nextDueMs }) =>
      told.push(`asked by ${nodeId} ${epoch}, again in ${nextDueMs}`),
    onObserverClosed: ({ nodeId, epoch }) => told.push(`closed by ${nodeId} ${epoch}`),
    ...changes,
  });
  onTestFinished(() => server.close());
  return { server, port: await server.listen({ host: '127.0.0.1', port: 0 }), told };
}

/** Asks once on a connection, a new one where none is given; resolves when the answer begins. */
async function ask(
  port: number,
  sender: string | null,
  socket = connect(port, '127.0.0.1'),
): Promise<Socket> {
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const named = sender === null ? '' : `Observer: ${sender}\r\n`;
  socket.write(`GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\n${named}\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  expect(String(bytes)).toMatch(/^HTTP\/1\.1 (200|503) /);
  return socket;
}

describe('a named probe', () => {
  test('is told with the time of the next one, but not where the node answers that it is not healthy: that is a miss', async () => {
    let isHealthy = true;
    const { port, told } = await serve({
      state: () => (isHealthy ? { kind: 'healthy', epoch: 1 } : { kind: 'unhealthy', reason: 'ill' }),
    });
    await ask(port, '3 b 11000');
    await ask(port, '3 b');
    isHealthy = false;
    await ask(port, '4 b 0');
    await ask(port, null);
    expect(told).toEqual(['asked by b 3, again in 11000', 'asked by b 3, again in null']);
  });

  test.each(['1 b soon', '1 b -5', '1 b 99999999999999', '1 b%1B 5', `1 ${'x'.repeat(7_000)} 5`])(
    'that no observer writes is answered as that of a stranger: %s',
    async (sender) => {
      const { port, told } = await serve();
      await ask(port, sender);
      expect(told).toEqual(['name']);
    },
  );

  test.each([`1 ${'x'.repeat(1_000_000)} 5`, '1 b\u0007 5'])(
    'that is no HTTP is refused, and the next one answered',
    async (sender) => {
      const { port, told } = await serve();
      const socket = connect(port, '127.0.0.1').resume();
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(`GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\nObserver: ${sender}\r\n\r\n`);
      await closed;
      await ask(port, '3 b 5');
      expect(told).toEqual(['asked by b 3, again in 5']);
    },
  );

  test('of our prober says when the next one is due', async () => {
    const { port, told } = await serve();
    const prober = new HttpProber();
    const options = { timeoutMs: 10_000, signal: new AbortController().signal };
    const target = { id: 'a', address: '127.0.0.1', port };
    for (const nextDueMs of [5_500, 5_500, 7_000.4])
      await prober.probe(target, { ...options, sender: { nodeId: 'b', epoch: 3 }, nextDueMs });
    await prober.close();
    expect(told.slice(0, 3)).toEqual([5_500, 5_500, 7_001].map((ms) => `asked by b 3, again in ${ms}`));
  });
});

describe("an observer's connection", () => {
  const asked = 'asked by b 3, again in null';

  test.each(['destroy', 'end', 'resetAndDestroy'] as const)(
    'is told when it is closed by %s',
    async (way) => {
      const { port, told } = await serve();
      const socket = await ask(port, '3 b');
      socket[way]();
      await expect.poll(() => told, patient).toEqual([asked, 'closed by b 3']);
    },
  );

  test('is not told when it is an older one, and that of a stranger never', async () => {
    const { port, told } = await serve();
    const [older, newer, stranger] = [await ask(port, '3 b'), await ask(port, '3 b'), await ask(port, null)];
    for (const socket of [older, stranger]) socket.destroy();
    // An answer on another connection comes after both have been seen.
    await ask(port, '3 b', newer);
    expect(told).toEqual([asked, asked, asked]);
    newer.destroy();
    await expect.poll(() => told.slice(3), patient).toEqual(['closed by b 3']);
  });

  test('is not told when this node closes it, idle too long or at the end', async () => {
    const { port, told, server } = await serve({ keepAliveMs: 50 });
    const idle = await ask(port, '3 b');
    await new Promise((resolve) => idle.once('close', resolve));
    const last = await ask(port, '3 b');
    await server.close();
    if (!last.closed) await new Promise((resolve) => last.once('close', resolve));
    expect(told).toEqual([asked, asked]);
  });
});

describe('a listener', () => {
  /** The HTTP server behind the port, as the platform shows it to those who watch requests. */
  async function serverBehind(port: number): Promise<Server> {
    const requests = channel('http.server.request.start');
    const found = new Promise<Server>((resolve) => {
      const onRequest = (message: unknown): void => {
        const { server, socket } = message as { server: Server; socket: Socket };
        if (socket.localPort === port) resolve(server);
      };
      requests.subscribe(onRequest);
      onTestFinished(() => void requests.unsubscribe(onRequest));
    });
    await ask(port, null);
    return found;
  }

  test('that is closed by other hands is told', async () => {
    const { port, told } = await serve();
    (await serverBehind(port)).close();
    await expect.poll(() => told, patient).toEqual(['closed']);
  });

  test('that accepts no more is told, and one that lacks files for a moment is not', async () => {
    const { port, told } = await serve();
    const server = await serverBehind(port);
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    await ask(port, null);
    expect(told).toEqual([]);
    server.emit('error', Object.assign(new Error('accept EINVAL'), { code: 'EINVAL' }));
    await expect.poll(() => told, patient).toEqual(['closed']);
  });
});

test('an agent tells its monitor of named probes and of closed connections', async () => {
  const probes = vi.spyOn(Signals.prototype, 'noteProbe');
  const closes = vi.spyOn(Signals.prototype, 'noteObserverClosed');
  onTestFinished(() => void vi.restoreAllMocks());
  const bench = new AgentBench();
  onTestFinished(() => bench.close());
  const agent = await bench.start('a');
  const socket = await ask(portOf(agent), '3 b 11000');
  expect(probes.mock.calls).toEqual([[{ nodeId: 'b', epoch: 3, nextDueMs: 11_000 }]]);
  socket.destroy();
  await expect.poll(() => closes.mock.calls.map(([{ nodeId }]) => nodeId), patient).toEqual(['b']);
});
