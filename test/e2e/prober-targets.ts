/** Targets for probers' tests: small servers on loopback that behave well or badly, as told. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pingAnswer } from '../../src/core/wire/ping-answer.ts';
import type { ProbeTarget } from '../../src/ports/prober.ts';
import type { ServedTarget, TargetBehaviour } from '../../src/testing/prober-contract.ts';

/** Answers one request, whose head is whole, on a connection. */
type Respond = (socket: Socket, head: string) => void;

/** A server of raw bytes, so that it can do what no HTTP library would. */
export class RawTarget implements ServedTarget {
  readonly id = 'target';
  readonly address: string;
  connectionCount = 0;
  readonly heads: string[] = [];
  readonly sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #respond: Respond;

  private constructor(address: string, respond: Respond) {
    this.address = address;
    this.#respond = respond;
  }

  static async start(respond: Respond, address = '127.0.0.1'): Promise<RawTarget> {
    const target = new RawTarget(address, respond);
    await target.#listen();
    return target;
  }

  get port(): number {
    return this.#port;
  }

  respondWith(respond: Respond): void {
    this.#respond = respond;
  }

  /** Closes the listener and leaves the connections as they are. */
  closeListener(): void {
    this.#server?.close();
  }

  async restart(behaviour: TargetBehaviour): Promise<void> {
    await this.stop();
    this.#respond = respondAs(behaviour);
    await this.#listen();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.address, () => resolve());
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    this.connectionCount++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end);
        received = received.slice(end + 4);
        this.heads.push(head);
        this.#respond(socket, head);
      }
    });
  }
}

/** A whole HTTP answer. */
export function answer(status: number, body: string, headers: readonly string[] = []): string {
  const head = [`HTTP/1.1 ${status} X`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** The bytes of each behaviour of the contract. */
export function respondAs(behaviour: TargetBehaviour): Respond {
  switch (behaviour.kind) {
    case 'named':
      return (socket) => socket.write(answer(200, pingAnswer(behaviour.nodeId, behaviour.epoch)));
    case 'unnamed':
      return (socket) => socket.write(answer(200, '{"status":"ok"}'));
    case 'unhealthy':
      return (socket) => socket.write(answer(503, '{"status":"unavailable"}'));
    case 'redirecting':
      return (socket) => socket.write(answer(302, '', [`Location: ${urlOf(behaviour.to)}`]));
    case 'silent':
      return () => {};
    case 'unending':
      return (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"status');
    case 'huge':
      return (socket) => socket.write(answer(200, 'x'.repeat(1_000_000)));
    case 'breaking':
      return (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"status');
  }
}

/** Where a target answers pings. */
export function urlOf({ address, port }: ProbeTarget): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/v1/internal/ping`;
}

/** An endpoint without a listener: a port that was free a moment ago. */
export async function deserted(): Promise<ProbeTarget> {
  const target = await RawTarget.start(() => {});
  const { id, address, port } = target;
  await target.stop();
  return { id, address, port };
}
