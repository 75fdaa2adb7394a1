/**
 * The connections that a prober keeps open between probes: one to each target, always.
 *
 * A kept connection can go on answering after its target has closed the listener, when no new connection would get
 * through. Therefore one that is older than `keptForMs`, or has served `keptForUses` probes, is not used again: the next
 * probe goes out on a new one, and the old one is closed after its end. So a closed listener is noticed, a process that
 * ends closes a connection that this end still holds, and a target that is no longer probed costs an idle socket for
 * `keptForMs` at most.
 */
import { Agent, type ClientRequest, type ClientRequestArgs, type IncomingMessage } from 'node:http';
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

/** Where a request goes, and over which of the connections that were opened to there one after the other. */
export interface Route {
  readonly host: string;
  readonly port: number;
  readonly generation: number;
}

/** An endpoint with open connections. */
interface Place {
  /** Of the newest connection. */
  generation: number;
  /** The target that was asked there last. */
  targetId: string;
}

interface Connection {
  readonly place: string;
  readonly generation: number;
  readonly openedAt: number;
  useCount: number;
  /** What had been read from it when the last answer was whole. */
  bytesRead: number;
  /** Null while a question is under way. */
  idleSince: number | null;
  /** How long the target said that it keeps it; null where it did not say. */
  announcedMs: number | null;
  /** This end closes it. */
  isOurs: boolean;
}

/** Node's agent, with one idle connection to an endpoint; it closes one when the socket times out. */
export class Connections extends Agent {
  readonly #open = new Map<Socket, Connection>();
  readonly #places = new Map<string, Place>();
  readonly #lookup = createSingleLookup();
  readonly #onClosed: (targetId: string) => void;

  /** `onClosed` is told of a target that has closed its newest connection while that was idle, and had not said so. */
  constructor(onClosed: (targetId: string) => void = () => {}) {
    super({ keepAlive: true, maxFreeSockets: 1 });
    this.#onClosed = onClosed;
  }

  /** How many connections are open, in use or idle. */
  get openCount(): number {
    return this.#open.size;
  }

  /** The way to an endpoint: over the newest connection, or over a new one where that is asked for, or the newest is worn. */
  routeTo(
    host: string,
    port: number,
    { targetId, isFresh }: { readonly targetId: string; readonly isFresh: boolean },
  ): Route {
    const key = placeOf(host, port);
    const place = this.#places.get(key) ?? { generation: 0, targetId };
    this.#places.set(key, place);
    place.targetId = targetId;
    if (isFresh || this.#isNewestWorn(key, place)) place.generation++;
    return { host, port, generation: place.generation };
  }

  /** Closes the idle connections to an endpoint that are older than this way there. */
  closeOlder({ host, port, generation }: Route): void {
    this.#closeIdle(placeOf(host, port), generation);
  }

  /** Closes every connection, and resolves when all are closed. */
  async close(): Promise<void> {
    const closed = [...this.#open].map(([socket, connection]) => {
      connection.isOurs = true;
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    });
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
    const announcedMs = Number(seconds) * 1_000;
    const idleMs = Math.min(keptForMs, announcedMs - serverKeepAliveMarginMs);
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.announcedMs = announcedMs;
    if (idleMs > 0) socket.setTimeout(idleMs);
  }

  /** Node calls it for the pool that a request's connection is taken from: one for each generation. */
  override getName(options: ClientRequestArgs & { readonly generation?: number } = {}): string {
    return `${super.getName(options as Parameters<Agent['getName']>[0])}:${options.generation ?? 0}`;
  }

  /** Node calls it for a request that finds no idle connection. */
  override createConnection(options: ClientRequestArgs & { readonly generation?: number }): Socket {
    const { host, port, generation = 0 } = options;
    // Without TCP's own keep-alive: the kernel would send a packet a second on each idle connection.
    const socket = connect({
      host: host ?? '',
      port: Number(port),
      lookup: this.#lookup,
      noDelay: true,
      timeout: keptForMs,
    });
    const place = placeOf(host ?? '', Number(port));
    const connection: Connection = {
      ...{ place, generation, openedAt: performance.now(), useCount: 0, bytesRead: 0 },
      ...{ idleSince: null, announcedMs: null, isOurs: false },
    };
    this.#open.set(socket, connection);
    socket.on('timeout', () => {
      connection.isOurs = true;
    });
    socket.on('end', () => this.#noteEnd(connection));
    socket.on('close', () => {
      this.#noteEnd(connection);
      this.#open.delete(socket);
      if (![...this.#open.values()].some((other) => other.place === place)) this.#places.delete(place);
    });
    // A request hears of its own errors; those of an idle connection only close it.
    socket.on('error', () => {});
    return socket;
  }

  /** Node calls it when a request has its answer. False closes the connection. */
  override keepSocketAlive(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || this.#open.size > keptCap) return false;
    const { announcedMs } = connection;
    if (announcedMs !== null && announcedMs <= serverKeepAliveMarginMs) return false;
    connection.useCount++;
    connection.bytesRead = socket.bytesRead;
    connection.idleSince = performance.now();
    socket.unref();
    this.#closeIdle(connection.place, connection.generation);
    return true;
  }

  /** Node calls it when a request takes an idle connection. */
  override reuseSocket(socket: Socket, request: ClientRequest): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) connection.idleSince = null;
    super.reuseSocket(socket, request);
  }

  #isNewestWorn(key: string, { generation }: Place): boolean {
    for (const connection of this.#open.values()) {
      if (connection.place !== key || connection.generation !== generation) continue;
      const { useCount, openedAt } = connection;
      return useCount >= keptForUses || performance.now() - openedAt >= keptForMs;
    }
    return false;
  }

  #closeIdle(key: string, beforeGeneration: number): void {
    for (const [socket, connection] of this.#open) {
      const { place, generation, idleSince } = connection;
      if (place !== key || generation >= beforeGeneration || idleSince === null) continue;
      connection.isOurs = true;
      socket.destroy();
    }
  }

  #noteEnd(connection: Connection): void {
    const { place: key, generation, idleSince, announcedMs, isOurs } = connection;
    const place = this.#places.get(key);
    if (isOurs || idleSince === null || place?.generation !== generation) return;
    connection.isOurs = true;
    const idleMs = performance.now() - idleSince;
    if (announcedMs === null || idleMs < announcedMs - serverKeepAliveMarginMs)
      this.#onClosed(place.targetId);
  }
}

function placeOf(host: string, port: number): string {
  return `${host} ${port}`;
}
