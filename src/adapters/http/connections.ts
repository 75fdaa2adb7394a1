/**
 * The connections that a prober keeps open between probes.
 *
 * A kept connection can go on answering after its target has closed the listener, so that nobody else could reach it
 * any more. Therefore none is used again after `keptForMs` or `keptForUses` probes: a closed listener is noticed after
 * that, and a target that is no longer probed costs an idle socket for `keptForMs` at most.
 */
import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createSingleLookup } from './single-lookup.ts';

/** Six probes at the default interval: less than the twelve misses until `dead`. */
const keptForMs = 60_000;

/** The same bound for fast settings; a new connection costs about as much as two probes on a kept one. */
const keptForUses = 50;

/** Beyond this many open connections none is kept. */
const keptCap = 1_024;

/** A target that announces how long it keeps an idle connection is asked on it until so long before that only. */
const announcedMarginMs = 1_000;

/** When the platform begins to ask an idle connection's other end whether it is still there: as Node's own agent does. */
const keepAliveInitialDelayMs = 1_000;

interface Connection {
  readonly openedAt: number;
  useCount: number;
  /** What had been read from it when the last answer was whole. */
  bytesRead: number;
}

/**
 * An agent of Node's with a pool of its own, since a probe needs so little of Node's: no queue and no limits, and one
 * idle connection to a place. Node's copies its options and looks up lists by name for each request, at a tenth of a
 * probe's CPU. What is used of the platform is what every agent has to do with a request: `addRequest`, `onSocket`,
 * and the socket's `free`.
 */
export class Connections extends Agent {
  readonly #open = new Map<Socket, Connection>();
  readonly #idle = new Map<string, Socket>();
  readonly #lookup = createSingleLookup();
  #isClosed = false;

  constructor() {
    // Requests ask for it, to announce that their connection is kept.
    super({ keepAlive: true });
  }

  /** How many connections are open, in use or idle. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Node calls it for each request, which is to be given a connection. */
  addRequest(request: ClientRequest, { host, port }: { host: string; port: number }): void {
    const place = placeOf(host, port);
    const idle = this.#idle.get(place);
    if (idle?.writable) {
      this.#idle.delete(place);
      idle.ref();
      request.reusedSocket = true;
      request.onSocket(idle);
    } else request.onSocket(this.#connect(host, port));
  }

  /** Closes the idle connection to a place: the next request there begins a new one. */
  dropIdle(host: string, port: number): void {
    this.#idle.get(placeOf(host, port))?.destroy();
  }

  /** Closes every connection, and resolves when all are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
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

  /** Heeds how long the target of a new connection keeps it idle, if the answer says so. */
  heedAnnounced({ socket, headers }: IncomingMessage): void {
    const seconds = /^timeout=(\d+)/.exec(String(headers['keep-alive'] ?? ''))?.[1];
    if (seconds === undefined) return;
    const idleMs = Math.min(keptForMs, Number(seconds) * 1_000 - announcedMarginMs);
    const connection = this.#open.get(socket);
    if (idleMs > 0) socket.setTimeout(idleMs);
    else if (connection !== undefined) connection.useCount = keptForUses;
  }

  #connect(host: string, port: number): Socket {
    const place = placeOf(host, port);
    const socket = connect({
      host,
      port,
      lookup: this.#lookup,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveInitialDelayMs,
      timeout: keptForMs,
    });
    this.#open.set(socket, { openedAt: performance.now(), useCount: 0, bytesRead: 0 });
    const isIdle = (): boolean => this.#idle.get(place) === socket;
    socket.on('free', () => {
      if (!this.#idle.has(place) && this.#mayBeKept(socket)) {
        socket.unref();
        this.#idle.set(place, socket);
      } else socket.destroy();
    });
    socket.on('timeout', () => {
      if (isIdle()) socket.destroy();
    });
    socket.on('close', () => {
      this.#open.delete(socket);
      if (isIdle()) this.#idle.delete(place);
    });
    // A request hears of its own errors; those of an idle connection only close it.
    socket.on('error', () => {});
    return socket;
  }

  #mayBeKept(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || this.#isClosed || this.#open.size > keptCap) return false;
    connection.useCount++;
    connection.bytesRead = socket.bytesRead;
    if (!socket.writable || connection.useCount >= keptForUses) return false;
    return performance.now() - connection.openedAt < keptForMs;
  }
}

function placeOf(host: string, port: number): string {
  return `${host} ${port}`;
}
