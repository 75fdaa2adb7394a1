/**
 * The virtual network: hosts, what listens on them, and what happens to a message on its way. Every direction
 * between two hosts has faults of its own; the registry is a host like any other.
 * Not for: the exchange that a probe is (virtual-prober.ts), or what the registry does (virtual-registry.ts).
 */
import { Connections } from './connections.ts';
import type { Host, PingAnswer } from './host.ts';
import { drawMs, type Latency } from './latency.ts';
import { Messages } from './messages.ts';
import type { SeededRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** The registry's name as a host; no node can have it, since ids have no control characters. */
export const registryHost = '\nregistry';

/** What is wrong with the messages of some hosts to some others. One way: a partition is two of these. */
export interface LinkFault {
  /** Hosts that send; absent for all. Node ids, or `registryHost`. */
  readonly from?: readonly string[];
  /** Hosts that receive; absent for all. */
  readonly to?: readonly string[];
  /** The part of the messages that is affected. Default 1: the direction is cut. */
  readonly lossRate?: number;
  /**
   * `dropped` (the default) leaves the sender waiting. `rejected` tells it at once that there is no way, `refused` that
   * nothing listens, as a firewall that resets does.
   */
  readonly how?: 'dropped' | 'rejected' | 'refused';
  /** Instead of a loss: every message takes this much longer. */
  readonly extraLatency?: Latency;
  /** Bad for so long, then good for so long, and again; begins bad. Absent: always bad. */
  readonly flipFlop?: { readonly badMs: number; readonly goodMs: number };
}

/** Takes a fault away; harmless when repeated. */
export type Heal = () => void;

/** What becomes of one message. */
export type Fate =
  | { readonly kind: 'arrives'; readonly afterMs: number }
  | { readonly kind: 'lost' }
  /** `isRefused`: as though nothing listened. */
  | { readonly kind: 'rejected'; readonly afterMs: number; readonly isRefused: boolean };

/** The weather of the whole network. */
export interface NetworkOptions {
  /** Of every message, one way. */
  readonly latency: Latency;
  /** The part of all messages that is lost, besides all link faults. */
  readonly lossRate: number;
}

interface ActiveFault {
  readonly from: ReadonlySet<string> | null;
  readonly to: ReadonlySet<string> | null;
  readonly since: number;
  readonly fault: LinkFault;
}

/** Carries messages between hosts in virtual time, and loses, delays and cuts as it is told. */
export class Network {
  readonly #scheduler: Scheduler;
  readonly #random: SeededRandom;
  #options: NetworkOptions;
  /** The connections that observers keep. */
  readonly connections: Connections;
  /** What observers tell each other. */
  readonly messages: Messages;
  readonly #hosts = new Map<string, Host>();
  #replacedCount = 0;
  readonly #faults = new Set<ActiveFault>();
  /** Hosts where something else answers pings. */
  readonly #impostors = new Set<{ readonly hostId: string }>();
  /** Hosts whose messages wait, and until when. */
  readonly #holds = new Map<string, number>();

  constructor(scheduler: Scheduler, random: SeededRandom, options: NetworkOptions) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#options = options;
    // A stream of its own: closes move no other draw.
    const closes = random.stream('connections');
    this.connections = new Connections((from, to, arrive) => {
      const fate = this.fateOf(from.id, to.id, closes);
      if (fate.kind === 'arrives') scheduler.after(fate.afterMs, () => to.isUp && arrive());
    });
    const looks = random.stream('messages');
    this.messages = new Messages(scheduler, looks, (from, to) => {
      const fate = this.fateOf(from.id, to.id, looks);
      return fate.kind === 'arrives' ? fate.afterMs : null;
    });
  }

  /** Adds a machine; replaces what had its address. */
  addHost(id: string, address: string): Host {
    const host: Host = { id, address, isUp: true, listeners: new Map() };
    this.#hosts.set(address, host);
    return host;
  }

  /** Puts another machine in the place of this one, at an address of its own. At the old address there is nothing any more. */
  replaceHost({ id, address }: Host): Host {
    this.#hosts.delete(address);
    const place = this.#replacedCount++;
    return this.addHost(id, `10.255.${place >> 8}.${place & 255}`);
  }

  /** The machine at an address. */
  hostAt(address: string): Host | undefined {
    return this.#hosts.get(address);
  }

  /**
   * Something else answers the pings of these hosts, whether or not their programs run: in the host's name, and as an epoch
   * that never began. The function that comes back ends it.
   */
  impersonate(hostIds: readonly string[]): Heal {
    const impostors = hostIds.map((hostId) => ({ hostId }));
    for (const impostor of impostors) this.#impostors.add(impostor);
    return () => {
      for (const impostor of impostors) this.#impostors.delete(impostor);
    };
  }

  /** What an impostor at that host answers; null where there is none. */
  impostorAt({ id }: Host): PingAnswer {
    for (const { hostId } of this.#impostors)
      if (hostId === id) return { nodeId: id, epoch: Number.MAX_SAFE_INTEGER };
    return null;
  }

  /** Changes the weather for all. */
  setOptions(options: Partial<NetworkOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Begins a fault; the function that comes back ends it. */
  fault(fault: LinkFault): Heal {
    const active: ActiveFault = {
      from: fault.from === undefined ? null : new Set(fault.from),
      to: fault.to === undefined ? null : new Set(fault.to),
      since: this.#scheduler.now,
      fault,
    };
    this.#faults.add(active);
    return () => void this.#faults.delete(active);
  }

  /**
   * What these hosts send, and what is sent to them, waits for so long; their timers do not know. What is on its way
   * already arrives. The function that comes back ends it for what is sent from then on.
   */
  holdMessages(hostIds: readonly string[], durationMs: number): Heal {
    const untilAt = this.#scheduler.now + durationMs;
    for (const id of hostIds) this.#holds.set(id, Math.max(untilAt, this.#holds.get(id) ?? 0));
    return () => {
      for (const id of hostIds) if (this.#holds.get(id) === untilAt) this.#holds.delete(id);
    };
  }

  /** Ends every fault and every loss. */
  heal(): void {
    this.messages.heal();
    this.#impostors.clear();
    this.#faults.clear();
    this.#holds.clear();
    this.#options = { ...this.#options, lossRate: 0 };
  }

  /** What becomes of a message that is sent now. */
  fateOf(fromId: string, toId: string, random: SeededRandom = this.#random): Fate {
    let afterMs = drawMs(this.#options.latency, random);
    if (random.chance(this.#options.lossRate)) return { kind: 'lost' };
    for (const active of this.#faults) {
      if (!this.#concerns(active, fromId, toId)) continue;
      const { extraLatency, lossRate, how } = active.fault;
      if (extraLatency !== undefined) afterMs += drawMs(extraLatency, random);
      else if (random.chance(lossRate ?? 1)) {
        if (how === undefined || how === 'dropped') return { kind: 'lost' };
        return { kind: 'rejected', afterMs, isRefused: how === 'refused' };
      }
    }
    if (this.#holds.size > 0) {
      const now = this.#scheduler.now;
      afterMs += Math.max(0, (this.#holds.get(fromId) ?? 0) - now);
      afterMs = Math.max(afterMs, (this.#holds.get(toId) ?? 0) - now);
    }
    return { kind: 'arrives', afterMs };
  }

  #concerns({ from, to, since, fault }: ActiveFault, fromId: string, toId: string): boolean {
    if (from !== null && !from.has(fromId)) return false;
    if (to !== null && !to.has(toId)) return false;
    if (fault.flipFlop === undefined) return true;
    const { badMs, goodMs } = fault.flipFlop;
    return (this.#scheduler.now - since) % (badMs + goodMs) < badMs;
  }
}
