/**
 * The connections that observers keep to their targets in the virtual world, and who is told when one closes. A close that is
 * lost on its way is never told. Not for: the probes on them (virtual-prober.ts).
 */
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { Host } from './host.ts';
import type { VirtualProcess } from './process.ts';

/** One kept connection of an observer's process to a target's process. */
export interface Connection {
  readonly observer: VirtualProcess;
  readonly observerHost: Host;
  /** As whom the observer has named itself; undefined where it has not. */
  readonly sender: PingSender | undefined;
  readonly target: VirtualProcess;
  readonly targetHost: Host;
  readonly port: number;
  /** `open`: both ends have it. `half-open`: something between has forgotten it. `closed`: it is over. */
  state: 'open' | 'half-open' | 'closed';
  /** Tells the observer's process that the other end has closed it. */
  readonly onClosed: () => void;
}

/** What both ends know of a connection. */
export type ObservedConnection = Omit<Connection, 'state' | 'onClosed' | 'observer'>;

/** How connections end while both processes live: both ends are told, or neither. */
export type ConnectionFault = 'closed' | 'half-open';

/** Carries the word of a close from one host to another, or loses it. */
type SendClose = (from: Host, to: Host, arrive: () => void) => void;

/** All kept connections of a world. */
export class Connections {
  readonly #send: SendClose;
  /** Told of each node that hears of a close. */
  onTargetTold: (targetHost: Host) => void = () => undefined;
  /** By the host of either end. */
  readonly #byHost = new Map<Host, Set<Connection>>();

  constructor(send: SendClose) {
    this.#send = send;
  }

  /** Remembers a connection until it ends. */
  add(connection: Connection): void {
    this.#of(connection.observerHost).add(connection);
    this.#of(connection.targetHost).add(connection);
  }

  /** The observer has closed it for a newer one: no end takes that for a hint. */
  retire(connection: Connection): void {
    connection.state = 'closed';
    this.#of(connection.observerHost).delete(connection);
    this.#of(connection.targetHost).delete(connection);
  }

  /** A process has ended. Where its host lives, the kernel closes its connections; a host that is gone says nothing. */
  processEnded(host: Host, process: VirtualProcess): void {
    for (const connection of [...this.#of(host)]) {
      if (connection.observer !== process && connection.target !== process) continue;
      const isOpen = connection.state === 'open';
      this.retire(connection);
      if (!isOpen || !host.isUp) continue;
      if (connection.observer === process) this.tellTarget(connection);
      else this.#tellObserver(connection);
    }
  }

  /** What is between a node and its observers closes or forgets their connections, while all of them live. */
  spoil(host: Host, how: ConnectionFault): void {
    for (const connection of [...this.#of(host)]) {
      if (connection.targetHost !== host || connection.state !== 'open') continue;
      if (how === 'half-open') {
        connection.state = 'half-open';
        continue;
      }
      this.retire(connection);
      this.#tellObserver(connection);
      this.tellTarget(connection);
    }
  }

  #tellObserver({ targetHost, observerHost, observer, onClosed }: Connection): void {
    this.#send(targetHost, observerHost, () => observer.deliver(onClosed));
  }

  /** The observer has closed it: the target hears of that where it arrives. */
  tellTarget(connection: ObservedConnection): void {
    this.#send(connection.observerHost, connection.targetHost, () => this.reset(connection));
  }

  /** The target's end is closed, by what it sends being refused on its way for one. */
  reset({ targetHost, target, port, sender }: ObservedConnection): void {
    const listener = targetHost.listeners.get(port);
    if (sender === undefined || listener?.process !== target) return;
    target.deliver(() => {
      this.onTargetTold(targetHost);
      listener.observerClosed?.(sender);
    });
  }

  #of(host: Host): Set<Connection> {
    let known = this.#byHost.get(host);
    if (known === undefined) {
      known = new Set();
      this.#byHost.set(host, known);
    }
    return known;
  }
}
