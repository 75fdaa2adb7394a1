/**
 * The connections that a prober keeps open between probes.
 *
 * A kept connection can go on answering after its target has closed the listener, so that nobody else could reach it
 * any more. Therefore none is used again after `keptForMs` or `keptForUses` probes: a closed listener is noticed after
 * that, and a target that is no longer probed costs an idle socket for `keptForMs` at most.
 */
import { Agent, type AgentOptions, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSingleLookup } from './single-lookup.ts';

/** Six probes at the default interval: less than the twelve misses until `dead`. */
const keptForMs = 60_000;

/** The same bound for fast settings; a new connection costs about as much as two probes on a kept one. */
const keptForUses = 50;

/** Beyond this many open connections none is kept. */
const keptCap = 1_024;

/** A target that announces how long it keeps an idle connection is asked on it until so long before that only. */
const announcedMarginMs = 1_000;

interface Kept {
  readonly openedAt: number;
  useCount: number;
  /** What had been read from it when the last answer was whole. */
  bytesRead: number;
}

export class Connections extends Agent {
  readonly #open = new Map<Duplex, Kept>();
  #isClosed = false;

  constructor() {
    super({
      keepAlive: true,
      maxFreeSockets: 1,
      lookup: createSingleLookup(),
    } as AgentOptions);
  }

  /** How many connections are open, in use or idle. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Closes the idle connections to a place: the next request there begins a new one. */
  dropIdle(host: string, port: number): void {
    for (const socket of this.freeSockets[this.getName({ host, port })] ?? []) socket.destroy();
  }

  /** Closes every connection, and resolves when all are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = [...this.#open.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const socket of this.#open.keys()) socket.destroy();
    this.destroy();
    await Promise.all(closed);
  }

  /** What had been read from a connection before the question that is now asked on it. */
  bytesReadBefore(socket: Duplex): number {
    return this.#open.get(socket)?.bytesRead ?? 0;
  }

  /** Heeds how long the target of a new connection keeps it idle, if the answer says so. */
  heedAnnounced({ socket, headers }: IncomingMessage): void {
    const seconds = /^timeout=(\d+)/.exec(String(headers['keep-alive'] ?? ''))?.[1];
    if (seconds === undefined) return;
    const idleMs = Math.min(keptForMs, Number(seconds) * 1_000 - announcedMarginMs);
    const kept = this.#open.get(socket);
    if (idleMs > 0) socket.setTimeout(idleMs);
    else if (kept !== undefined) kept.useCount = keptForUses;
  }

  override createConnection(
    ...given: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...given);
    if (socket) {
      this.#open.set(socket, { openedAt: performance.now(), useCount: 0, bytesRead: 0 });
      socket.once('close', () => this.#open.delete(socket));
      // On the socket rather than as the agent's `timeout`, for which the platform arms a new timer each time.
      (socket as Socket).setTimeout(keptForMs);
    }
    return socket;
  }

  /**
   * Node asks this after each answer; `false` closes the connection (its types say `void`). Node's own version, which
   * would take the socket's timeout away, is not asked. An idle connection keeps no process alive.
   */
  override keepSocketAlive(socket: Socket): boolean {
    const kept = this.#open.get(socket);
    if (kept === undefined || this.#isClosed || this.#open.size > keptCap) return false;
    kept.useCount++;
    kept.bytesRead = socket.bytesRead;
    if (kept.useCount >= keptForUses || performance.now() - kept.openedAt >= keptForMs) return false;
    socket.unref();
    return true;
  }
}
