/** The ping port under more connections than it keeps: which ones stay, and how the others are told. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PingServer, type PingServerOptions } from '../../src/agent/ping-server.ts';
import { nodeOf } from '../harness/detector-driver.ts';

interface Served {
  readonly port: number;
  readonly troubles: string[];
  /** The names of each reading of the registry. */
  readonly readings: (readonly string[])[];
}

/** A server that keeps 16 connections, four of them of one address; the registry lists `b` in its epoch 3. */
async function serve(changes: Partial<PingServerOptions> = {}): Promise<Served> {
  const troubles: string[] = [];
  const readings: (readonly string[])[] = [];
  const server = new PingServer({
    nodeId: 'a',
    state: () => ({ kind: 'healthy', epoch: 1 }),
    keepAliveMs: 60_000,
    roundMs: 50,
    readNodes: async (ids) => {
      readings.push([...ids]);
      return ids.filter((id) => id === 'b').map((id) => nodeOf(id, { epoch: 3 }));
    },
    onTrouble: (trouble, what) => troubles.push(`${trouble} ${what}`),
    connectionCap: 16,
    ...changes,
  });
  onTestFinished(() => server.close());
  return { port: await server.listen({ host: '127.0.0.1', port: 0 }), troubles, readings };
}

/** A connection of a client, from an address of its own where that is asked for. */
class Client {
  readonly socket: Socket;
  text = '';
  error: Error | null = null;
  hasEnded = false;

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ host: '127.0.0.1', port, localAddress });
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.text += text;
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('end', () => {
      this.hasEnded = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  /** Asks once, and waits for the answer or the end; the status. */
  async ask(sender?: string): Promise<number> {
    this.text = '';
    const named = sender === undefined ? '' : `Observer: ${sender}\r\n`;
    this.socket.write(`GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\n${named}\r\n`);
    const hasCome = (): boolean => this.hasEnded || this.error !== null || /\}$/.test(this.text);
    await expect.poll(hasCome, { timeout: 20_000 }).toBe(true);
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.text)?.[1] ?? 0);
  }

  async untilEnded(): Promise<void> {
    await expect.poll(() => this.hasEnded || this.error !== null, { timeout: 20_000 }).toBe(true);
  }
}

const addressOf = (index: number): string => `127.0.1.${index + 1}`;

/** Idle strangers that have asked once, from more addresses than fill the server. */
async function crowd(port: number, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let index = 0; index < count; index++) {
    const client = new Client(port, addressOf(Math.floor(index / 3)));
    clients.push(client);
    await once(client.socket, 'connect');
    expect(await client.ask()).toBe(200);
  }
  return clients;
}

// Only Linux answers on all of 127.0.0.0/8.
describe.skipIf(process.platform !== 'linux')('a ping port with more connections than it keeps', () => {
  test('lets every new one in, and closes those that were idle longest, without a reset', async () => {
    const { port, troubles } = await serve();
    const clients = await crowd(port, 40);
    for (const old of clients.slice(0, 24)) await old.untilEnded();
    expect(clients.map(({ error }) => error).filter((error) => error !== null)).toEqual([]);
    for (const young of clients.slice(24)) expect(await young.ask()).toBe(200);
    expect(troubles[0]).toMatch(/^crowd 16 of at most 16, the last of 127\.0\.1\.\d+$/);
  });

  test('answers 503 to one that has to go before its question is whole', async () => {
    const { port } = await serve();
    const slow = new Client(port, addressOf(0));
    slow.socket.write('GET /v1/internal/ping HTTP/1.1\r\nX: ');
    await once(slow.socket, 'connect');
    await crowd(port, 20);
    await slow.untilEnded();
    expect({ text: slow.text, error: slow.error }).toEqual({
      text: expect.stringMatching(/^HTTP\/1\.1 503 /),
      error: null,
    });
    expect(await new Client(port).ask()).toBe(200);
  });

  test('keeps the newest two of an observer that the registry lists, in its epoch only', async () => {
    const { port, readings } = await serve();
    await crowd(port, 12);
    const [oldest, ...newest] = [new Client(port), new Client(port), new Client(port)];
    const stale = new Client(port);
    const liar = new Client(port, addressOf(100));
    expect(await stale.ask('2 b')).toBe(200);
    expect(await liar.ask('3 x')).toBe(200);
    for (const client of [oldest, ...newest]) expect(await client?.ask('3 b')).toBe(200);
    await expect.poll(() => readings.flat(), { timeout: 20_000 }).toContain('b');
    await crowd(port, 40);
    for (const client of [oldest, stale, liar]) await client?.untilEnded();
    for (const client of newest) expect(client.hasEnded).toBe(false);
    for (const client of newest) expect(await client.ask('3 b')).toBe(200);
  });

  test('gives one address a part only, in which several observers have room', async () => {
    const { port } = await serve();
    const others = await crowd(port, 9);
    const own: Client[] = [];
    for (let index = 0; index < 20; index++) {
      const client = new Client(port, '127.0.0.9');
      own.push(client);
      expect(await client.ask()).toBe(200);
    }
    for (const client of others) expect(client.hasEnded).toBe(false);
    for (const client of own.slice(0, 16)) await client.untilEnded();
    for (const client of own.slice(16)) expect(await client.ask()).toBe(200);
  });

  test('reads the registry only when it is pressed, and once a round', async () => {
    const { port, readings } = await serve({ roundMs: 60_000 });
    const calm = new Client(port, addressOf(50));
    for (let count = 0; count < 20; count++) expect(await calm.ask('3 b')).toBe(200);
    expect(readings).toEqual([]);
    await crowd(port, 12);
    for (let count = 0; count < 20; count++) expect(await calm.ask('3 b')).toBe(200);
    expect(readings).toEqual([['b']]);
  });
});

describe('a connection to the ping port', () => {
  test('is closed within seconds when it asks nothing, or never ends its question', async () => {
    const { port } = await serve();
    const [silent, slow] = [new Client(port), new Client(port)];
    const beganAt = performance.now();
    slow.socket.write('GET /v1/internal/ping HTTP/1.1\r\n');
    const drip = setInterval(() => slow.socket.write('X: y\r\n'), 500);
    onTestFinished(() => clearInterval(drip));
    await silent.untilEnded();
    await slow.untilEnded();
    // 5 s, and what a busy machine takes.
    expect(performance.now() - beganAt).toBeLessThan(15_000);
  });

  test('is answered though the name of its sender cannot be; that is said, and costs the node nothing', async () => {
    const { port, troubles } = await serve();
    for (const name of ['no epoch', '1 a%1B[2J', `1 ${'x'.repeat(4_000)}`, '1 %E0']) {
      expect(await new Client(port).ask(name)).toBe(200);
    }
    expect(troubles).toEqual(Array.from({ length: 4 }, () => 'name from 127.0.0.1'));
    const huge = new Client(port);
    huge.socket.write(`GET /v1/internal/ping HTTP/1.1\r\nHost: a\r\nObserver: 1 ${'x'.repeat(1_000_000)}`);
    await huge.untilEnded();
    expect(await new Client(port).ask('1 b')).toBe(200);
  });
});
