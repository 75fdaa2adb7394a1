/**
 * The connections that a prober keeps open between probes: one to each place, so that the kernel tells when the process
 * there ends.
 *
 * A kept connection can go on answering after its target has closed the listener, when no new connection would get
 * through. Therefore a question is asked on a new one after `keptForUses` questions. The old one is closed when that
 * question has ended, so that the target never lacks a connection of this observer.
 */
import { Agent, type ClientRequestArgs, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { createSingleLookup } from './single-lookup.ts';

/** A new connection costs about as much as two probes on a kept one. */
const keptForUses = 25;

/** One that is idle for longer is closed, unless the next question is due later. */
const idleForMs = 120_000;

/** Beyond this many idle connections none is kept. */
const keptCap = 1_024;

/** A connection is given up so long before the target closes it, if the target says how long it keeps one. */
const serverKeepAliveMarginMs = 1_000;

/** Where a question goes, and on which connection: Node's agent hands these on to `getName` and `createConnection`. */
export interface Route {
  readonly host: string;
  readonly port: number;
  /** Requests share a connection within a generation only. */
  readonly generation: number;
}

export interface RouteOptions {
  readonly host: string;
  readonly port: number;
  readonly targetId: string;
  readonly isNew: boolean;
  /** When the next question there follows at the latest; null where that is not known. */
  readonly nextDueMs: number | null;
}

interface Place {
  /** The newest one, on which questions are asked. */
  generation: number;
  /** Older ones are closed as soon as they are idle. */
  oldestKept: number;
  useCount: number;
  idleLimitMs: number;
  /** Who was asked in the newest generation: several targets may share a place. */
  readonly targetIds: Set<string>;
  readonly sockets: Set<Socket>;
}

interface Connection {
  readonly place: Place;
  readonly generation: number;
  /** Null while a question is under way, and once this end has begun to close it. */
  idleSince: number | null;
  /** How long the target says that it keeps an idle one. */
  announcedMs: number;
  /** What had been read from it when the last answer was whole. */
  bytesRead: number;
  hasAddress: boolean;
}

/** Node's agent, which keeps one idle connection in a generation of a place. */
export class Connections extends Agent {
  readonly #open = new Map<Socket, Connection>();
  readonly #places = new Map<string, Place>();
  readonly #lookup = createSingleLookup();
  readonly #onClosed: (targetId: string) => void;
  #idleCount = 0;
  #newestGeneration = 0;

  /** `onClosed` is told of each target whose newest connection was closed by the other end, idle and unasked. */
  constructor(onClosed: (targetId: string) => void) {
    super({ keepAlive: true, maxFreeSockets: 1 });
    this.#onClosed = onClosed;
  }

  /** How many connections are open, in use or idle. */
  get openCount(): number {
    return this.#open.size;
  }

  /** The way for one question. It leads to a new connection where that is asked for, or the kept one is old. */
  routeTo({ host, port, targetId, isNew, nextDueMs }: RouteOptions): Route {
    const place = this.#placeOf(host, port);
    if (isNew || place.useCount >= keptForUses) {
      place.generation = ++this.#newestGeneration;
      place.useCount = 0;
      place.targetIds.clear();
    }
    place.useCount++;
    place.targetIds.add(targetId);
    place.idleLimitMs = Math.max(idleForMs, 2 * (nextDueMs ?? 0));
    return { host, port, generation: place.generation };
  }

  /** The question has ended, however: connections that are older than its own are closed. */
  end({ host, port, generation }: Route): void {
    const place = this.#places.get(keyOf(host, port));
    if (place === undefined || place.oldestKept >= generation) return;
    place.oldestKept = generation;
    for (const socket of place.sockets) {
      const connection = this.#open.get(socket);
      const isOld = connection !== undefined && connection.generation < generation;
      if (isOld && connection.idleSince !== null) this.#drop(socket, connection);
    }
  }

  /** Closes every connection, and resolves when all are closed. */
  async close(): Promise<void> {
    const closed = [...this.#open.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    );
    for (const [socket, connection] of this.#open) this.#drop(socket, connection);
    await Promise.all(closed);
  }

  /** What had been read from a connection before the question that is now asked on it. */
  bytesReadBefore(socket: Socket): number {
    return this.#open.get(socket)?.bytesRead ?? 0;
  }

  /** False while the name of the place is still looked up. */
  hasAddress(socket: Socket): boolean {
    return this.#open.get(socket)?.hasAddress ?? false;
  }

  /** Takes in how long the target keeps an idle connection, if the answer says so. */
  applyServerKeepAlive({ socket, headers }: IncomingMessage): void {
    const seconds = /^timeout=(\d+)/.exec(String(headers['keep-alive'] ?? ''))?.[1];
    const connection = this.#open.get(socket);
    if (seconds !== undefined && connection !== undefined) connection.announcedMs = Number(seconds) * 1_000;
  }

  /** Node calls it to learn which requests may share a connection. */
  override getName(options: Parameters<Agent['getName']>[0] & Partial<Route> = {}): string {
    return `${super.getName(options)}:${options.generation ?? 0}`;
  }

  /** Node calls it for a request that finds no idle connection. */
  override createConnection({
    host: name,
    port: number,
    generation = 0,
  }: ClientRequestArgs & Partial<Route>): Socket {
    const host = name ?? '';
    const port = Number(number);
    // Without TCP's own keep-alive: the kernel would send a packet a second on each idle connection.
    const socket = connect({ host, port, lookup: this.#lookup, noDelay: true, timeout: idleForMs });
    const place = this.#placeOf(host, port);
    const connection: Connection = {
      ...{ place, generation, idleSince: null },
      ...{ announcedMs: Number.POSITIVE_INFINITY, bytesRead: 0, hasAddress: isIP(host) !== 0 },
    };
    this.#open.set(socket, connection);
    place.sockets.add(socket);
    socket.on('lookup', () => {
      connection.hasAddress = true;
    });
    // Node closes it then, if it is idle.
    socket.on('timeout', () => this.#endIdleness(connection));
    // What comes unasked must not be taken for the answer to the next question.
    socket.on('data', () => {
      if (connection.idleSince !== null) this.#drop(socket, connection);
    });
    socket.on('end', () => this.#noteClosed(connection));
    socket.on('close', () => {
      this.#noteClosed(connection);
      this.#open.delete(socket);
      place.sockets.delete(socket);
      const key = keyOf(host, port);
      if (place.sockets.size === 0 && this.#places.get(key) === place) this.#places.delete(key);
    });
    // A request hears of its own errors; those of an idle connection only close it.
    socket.on('error', () => {});
    return socket;
  }

  /** Node calls it when a request has its answer. False closes the connection. */
  override keepSocketAlive(socket: Socket): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined || this.#idleCount >= keptCap) return false;
    const { place, generation, announcedMs } = connection;
    const idleMs = Math.min(place.idleLimitMs, announcedMs - serverKeepAliveMarginMs);
    if (generation < place.oldestKept || idleMs <= 0) return false;
    connection.bytesRead = socket.bytesRead;
    connection.idleSince = performance.now();
    this.#idleCount++;
    socket.setTimeout(idleMs);
    socket.unref();
    return true;
  }

  /** Node calls it when an idle connection gets a question. */
  override reuseSocket(socket: Socket, request: Parameters<Agent['reuseSocket']>[1]): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) this.#endIdleness(connection);
    super.reuseSocket(socket, request);
  }

  #placeOf(host: string, port: number): Place {
    const key = keyOf(host, port);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place: Place = {
      generation: ++this.#newestGeneration,
      ...{ oldestKept: 0, useCount: 0, idleLimitMs: idleForMs },
      targetIds: new Set(),
      sockets: new Set(),
    };
    this.#places.set(key, place);
    return place;
  }

  #drop(socket: Socket, connection: Connection): void {
    this.#endIdleness(connection);
    socket.destroy();
  }

  #endIdleness(connection: Connection): void {
    if (connection.idleSince === null) return;
    connection.idleSince = null;
    this.#idleCount--;
  }

  /** The other end has closed it, unless this end did. That is a hint if it was idle, the newest, and not announced. */
  #noteClosed(connection: Connection): void {
    const { idleSince, place, generation, announcedMs } = connection;
    if (idleSince === null) return;
    this.#endIdleness(connection);
    const isAnnounced = performance.now() - idleSince >= announcedMs - serverKeepAliveMarginMs;
    if (isAnnounced || generation !== place.generation) return;
    for (const targetId of place.targetIds) this.#onClosed(targetId);
  }
}

/** A request with a route, as Node's types know it. */
export type RoutedRequest = RequestOptions & Route;

function keyOf(host: string, port: number): string {
  return `${host} ${port}`;
}
