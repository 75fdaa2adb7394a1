/**
 * The connections that a prober keeps open between probes.
 *
 * A kept connection can go on answering after its target has closed the listener, when no new connection would get
 * through. Therefore none is kept that is older than `keptForMs` or has served `keptForUses` probes. So a closed
 * listener is noticed, and a target that is no longer probed costs an idle socket for `keptForMs` at most.
 */
import { Agent, type ClientRequestArgs, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createSingleLookup } from './single-lookup.ts';

/** Six probes at the default interval: less than the twelve misses until `dead`. */
const keptForMs = 60_000;

/** The same bound for fast settings; a new connection costs about as much as two probes on a kept one. */
const keptForUses = 50;

/** Beyond this many open connections none is kept. */
const keptCap = 1_024;

/** A connection is given up so long before the target closes it, if the target says how long it keeps one. */
const serverKeepAliveMarginMs = 1_000;

interface Connection {
  readonly openedAt: number;
  useCount: number;
  /** What had been read from it when the last answer was whole. */
  bytesRead: number;
}

/** Node's agent, which keeps one idle connection to an endpoint and closes it when the socket times out. */
export class Connections extends Agent {
  readonly #open = new Map<Socket, Connection>();
  readonly #lookup = createSingleLookup();

  constructor() {
    super({ keepAlive: true, maxFreeSockets: 1 });
  }

  /** How many connections are open, in use or idle. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Closes the idle connection to an endpoint: the next request there opens a new one. */
  dropIdle(host: string, port: number): void {
    for (const socket of this.freeSockets[this.getName({ host, port })] ?? []) socket.destroy();
  }

  /** Closes every connection, and resolves when all are closed. */
  async close(): Promise<void> {
    const closed = [...this.#open.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const socket of this.#open.keys()) socket.destroy();
    await Promise.all(closed);
  }

  /** What had been read from a connection before the question that is now asked on it. */
  bytesReadBefore(socket: Socket): number {
    return this.#open.get(socket)?.bytesRead ?? 0;
  }

  /** Shortens how long a connection stays idle, if the answer says that the target closes it sooner. */
  applyServerKeepAlive({ socket, headers }: IncomingMessage): void {
    const seconds = /^timeout=(\d+)/.exec(String(headers['keep-alive'] ?? ''))?.[1];
    if (seconds === undefined) return;
    const idleMs = Math.min(keptForMs, Number(seconds) * 1_000 - serverKeepAliveMarginMs);
    const connection = this.#open.get(socket);
    if (idleMs > 0) socket.setTimeout(idleMs);
    else if (connection !== undefined) connection.useCount = keptForUses;
  }

  /** Node calls it for a request that finds no idle connection. */
  override createConnection({ host, port }: ClientRequestArgs): Socket {
    // Without TCP's own keep-alive: the kernel would send a packet a second on each idle connection.
    const socket = connect({
      host: host ?? '',
      port: Number(port),
      lookup: this.#lookup,
      noDelay: true,
      timeout: keptForMs,
    });
    this.#open.set(socket, { openedAt: performance.now(), useCount: 0, bytesRead: 0 });
    socket.on('close', () => this.#open.delete(socket));
    // A request hears of its own errors; those of an idle connection only close it.
    socket.on('error', () => {});
    return socket;
  }

  /** Node calls it when a request has its answer. False closes the connection. */
  override keepSocketAlive(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || this.#open.size > keptCap) return false;
    connection.useCount++;
    connection.bytesRead = socket.bytesRead;
    if (connection.useCount >= keptForUses || performance.now() - connection.openedAt >= keptForMs)
      return false;
    socket.unref();
    return true;
  }
}
