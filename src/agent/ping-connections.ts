/**
 * Which connections to the ping port are kept when there are too many: observers must not share a queue with a crowd.
 * The newest two of each believed observer always are. Of the others the one that was idle longest goes first, whether
 * the server is full or one address has more than its part. Not for: what is answered (ping-server.ts), or which names
 * are believed (believed-observers.ts).
 */
import type { Socket } from 'node:net';
import { type PingSender, senderText } from '../core/wire/ping-sender.ts';

export interface PingConnectionsOptions {
  /** How many are kept. */
  readonly cap: number;
  /** Whether the registry lists this sender as alive in this epoch. */
  readonly isBelieved: (sender: PingSender) => boolean;
  /** There are many: the names of these, first come first, are worth a look at the registry. Called again and again. */
  readonly onPressure: (senders: Iterable<PingSender>) => void;
  /** One had to go, though it had been quiet and well-formed. Called for each. */
  readonly onDrop: (address: string) => void;
  /** The other end has closed the newest connection of this sender, and this end had not begun to. */
  readonly onSenderClosed: (sender: PingSender) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  hasAsked: boolean;
  /** The last name that it gave. */
  sender: PingSender | null;
}

/** A new connection may come while the old one still has an answer on its way. */
const keptOfObserver = 2;

/** The part of the cap for one address: room for several observers behind it, and for other addresses beside it. */
const partOfAddress = 1 / 4;

/** From this part of a limit on, names are looked up. */
const pressedPart = 1 / 2;

/** How long a connection that was told to go may take. */
const goodbyeMs = 1_000;

const crowdedAnswer = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

export class PingConnections {
  readonly #options: PingConnectionsOptions;
  /** The one that was idle longest comes first, in each of these. */
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();
  /** The newest ones of each sender. */
  readonly #bySender = new Map<string, Set<Connection>>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  #goingCount = 0;

  constructor(options: PingConnectionsOptions) {
    this.#options = options;
  }

  /** How many are kept now. */
  get count(): number {
    return this.#all.size;
  }

  /** Whether it is kept, or was told to go. */
  has(socket: Socket): boolean {
    return this.#bySocket.has(socket);
  }

  /** A connection has come: it is kept, or another one is let go. */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const connection: Connection = { socket, address, hasAsked: false, sender: null };
    this.#bySocket.set(socket, connection);
    this.#put(connection);
    const onFarEnd = (): void => this.#noteFarEnd(connection);
    // Before Node's own listener, which ends this side too.
    socket.prependOnceListener('end', onFarEnd);
    socket.prependOnceListener('error', onFarEnd);
    socket.once('close', () => this.#remove(connection));
    this.#makeRoom(connection.address);
  }

  /** A request has come on it. False when it was let go before: it has its answer. */
  hasAsked(socket: Socket, sender: PingSender | null): boolean {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined || !this.#all.has(connection)) return false;
    connection.hasAsked = true;
    this.#put(connection);
    this.#name(connection, sender);
    this.#lookWhenPressed(connection.address);
    return true;
  }

  /** Puts it behind those that were idle longer. */
  #put(connection: Connection): void {
    this.#all.delete(connection);
    this.#all.add(connection);
    addTo(this.#byAddress, connection.address, connection);
  }

  #name(connection: Connection, sender: PingSender | null): void {
    const { sender: before } = connection;
    connection.sender = sender;
    if (before !== null && (sender === null || keyOf(before) !== keyOf(sender)))
      deleteFrom(this.#bySender, keyOf(before), connection);
    if (sender === null) return;
    const ofSender = addTo(this.#bySender, keyOf(sender), connection);
    const [oldest] = ofSender;
    if (oldest !== undefined && ofSender.size > keptOfObserver) ofSender.delete(oldest);
  }

  #noteFarEnd(connection: Connection): void {
    const { socket, sender } = connection;
    if (sender === null || socket.writableEnded) return;
    const ofSender = [...(this.#bySender.get(keyOf(sender)) ?? [])];
    this.#name(connection, null);
    if (ofSender.at(-1) === connection) this.#options.onSenderClosed(sender);
  }

  #remove(connection: Connection): void {
    this.#all.delete(connection);
    deleteFrom(this.#byAddress, connection.address, connection);
    this.#name(connection, null);
  }

  #makeRoom(address: string): void {
    const { cap } = this.#options;
    const ofAddress = this.#byAddress.get(address) ?? this.#all;
    this.#lookWhenPressed(address);
    if (ofAddress.size > capOfAddress(cap)) this.#dropOldestOf(ofAddress);
    if (this.#all.size > cap) this.#dropOldestOf(this.#all);
  }

  #lookWhenPressed(address: string): void {
    const { cap, onPressure } = this.#options;
    const ofAddress = this.#byAddress.get(address)?.size ?? 0;
    const isPressed = this.#all.size > cap * pressedPart || ofAddress > capOfAddress(cap) * pressedPart;
    if (isPressed) onPressure(this.#senders());
  }

  *#senders(): Iterable<PingSender> {
    for (const [{ sender } = { sender: null }] of this.#bySender.values()) if (sender !== null) yield sender;
  }

  #dropOldestOf(connections: ReadonlySet<Connection>): void {
    for (const connection of connections) {
      if (this.#isObservers(connection)) continue;
      this.#remove(connection);
      this.#sayGoodbye(connection);
      this.#options.onDrop(connection.address);
      return;
    }
  }

  #isObservers(connection: Connection): boolean {
    const { sender } = connection;
    if (sender === null || !this.#options.isBelieved(sender)) return false;
    return this.#bySender.get(keyOf(sender))?.has(connection) === true;
  }

  /** An idle connection is closed, as HTTP does. One that has not asked yet is told why, and may still send its question. */
  #sayGoodbye({ socket, hasAsked }: Connection): void {
    if (this.#goingCount >= this.#options.cap * partOfAddress) {
      socket.destroy();
      return;
    }
    this.#goingCount++;
    const limit = setTimeout(() => socket.destroy(), goodbyeMs).unref();
    socket.once('close', () => {
      clearTimeout(limit);
      this.#goingCount--;
    });
    if (hasAsked) socket.end();
    else socket.end(crowdedAnswer);
  }
}

function capOfAddress(cap: number): number {
  return Math.ceil(cap * partOfAddress);
}

function keyOf(sender: PingSender): string {
  return senderText(sender) ?? '';
}

function addTo(groups: Map<string, Set<Connection>>, key: string, connection: Connection): Set<Connection> {
  const group = groups.get(key) ?? new Set();
  group.delete(connection);
  groups.set(key, group.add(connection));
  return group;
}

function deleteFrom(groups: Map<string, Set<Connection>>, key: string, connection: Connection): void {
  const group = groups.get(key);
  group?.delete(connection);
  if (group?.size === 0) groups.delete(key);
}
