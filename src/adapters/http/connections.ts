/**
 * The connections that a prober keeps open between probes.
 *
 * A kept connection can go on answering after its target has closed the listener, so that nobody else could reach it
 * any more. Therefore none is used again after `keptForMs` or `keptForUses` probes: a closed listener is noticed after
 * that, and a target that is no longer probed costs an idle socket for `keptForMs` at most.
 */
import { Agent, type AgentOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import { createSingleLookup } from './single-lookup.ts';

/** Six probes at the default interval: less than the twelve misses until `dead`. */
const keptForMs = 60_000;

/** The same bound for fast settings; a new connection costs about as much as two probes on a kept one. */
const keptForUses = 50;

/** Beyond this many open connections none is kept. */
const keptCap = 1_024;

interface Kept {
  readonly openedAt: number;
  useCount: number;
}

export class Connections extends Agent {
  readonly #open = new Map<Duplex, Kept>();
  #isClosed = false;

  constructor() {
    super({
      keepAlive: true,
      maxFreeSockets: 1,
      timeout: keptForMs,
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

  override createConnection(
    ...given: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...given);
    if (socket) {
      this.#open.set(socket, { openedAt: performance.now(), useCount: 0 });
      socket.once('close', () => this.#open.delete(socket));
    }
    return socket;
  }

  /** Node asks this after each answer; `false` closes the connection (its types say `void`). */
  override keepSocketAlive(socket: Duplex): boolean {
    const kept = this.#open.get(socket);
    if (kept === undefined || this.#isClosed || this.#open.size > keptCap) return false;
    kept.useCount++;
    if (kept.useCount >= keptForUses || performance.now() - kept.openedAt >= keptForMs) return false;
    // The platform closes it when it has been idle for `keptForMs`, or for as long as the target has announced.
    if ((super.keepSocketAlive(socket) as unknown) === false) return false;
    return true;
  }
}
