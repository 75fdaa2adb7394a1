/**
 * The rules of the monitor that Ringwatch re-implements, wrongs included, for comparison only. They are simulated side by
 * side with ours, and run by the tests that show what was mended. Nothing outside the simulator and the tests uses it.
 */
import { ringNeighbors } from '../../core/ring.ts';
import type { CreateAbort, Signal } from '../../ports/abort.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { MetadataReader } from '../../ports/metadata-reader.ts';
import type { Prober } from '../../ports/prober.ts';
import type { OriginalTarget, SharedTables } from './shared-tables.ts';

/** The original's constants and defaults. */
export const originalDefaults = {
  probeIntervalMs: 10_000,
  probeTimeoutMs: 3_000,
  probePort: 6001,
  neighbors: 3,
  suspectAfter: 3,
  deadAfter: 12,
  minQuorum: 2,
  quorumWindowMs: 300_000,
  ringWindowMs: 120_000,
  startupGracePeriodMs: 300_000,
} as const;

export type OriginalSettings = { readonly [Name in keyof typeof originalDefaults]: number };

export interface OriginalOptions extends Partial<OriginalSettings> {
  readonly nodeId: string;
  /** How far the machine's time zone is east of UTC. Default 0. */
  readonly timeZoneMinutes?: number;
  readonly metadataReader?: MetadataReader;
}

export interface OriginalPorts {
  readonly clock: Clock;
  readonly prober: Prober;
  readonly tables: SharedTables;
  readonly createAbort: CreateAbort;
}

/** Callbacks run inside the round: one that does not settle holds the round, one that throws ends the process. */
export interface OriginalCallbacks {
  onNodeDead?: (nodeId: string) => void | Promise<void>;
  onNodeRecovered?: (nodeId: string) => void | Promise<void>;
  onNodeSuspect?: (nodeId: string) => void | Promise<void>;
}

/** What it remembers of one target. */
export interface OriginalPeer {
  missCount: number;
  status: 'healthy' | 'suspect' | 'dead';
  hasReportedDead: boolean;
}

export class OriginalMonitor {
  readonly peers = new Map<string, OriginalPeer>();
  readonly callbacks: OriginalCallbacks = {};
  /** What ended the process, when a callback threw. */
  crash: unknown = null;
  readonly #nodeId: string;
  readonly #settings: OriginalSettings;
  readonly #zoneMs: number;
  readonly #metadataReader: MetadataReader | null;
  readonly #ports: OriginalPorts;
  readonly #createdAt: number;
  readonly #abort;
  #timer: Timer | null = null;
  #isInRound = false;
  #hasTickWaiting = false;

  constructor(options: OriginalOptions, ports: OriginalPorts) {
    const { nodeId, timeZoneMinutes = 0, metadataReader = null, ...given } = options;
    this.#nodeId = nodeId;
    this.#zoneMs = timeZoneMinutes * 60_000;
    this.#metadataReader = metadataReader;
    this.#settings = { ...originalDefaults, ...given };
    this.#ports = ports;
    this.#createdAt = ports.clock.now();
    this.#abort = ports.createAbort();
  }

  /** The first round comes a whole interval later. */
  start(): void {
    this.#tickAt(this.#ports.clock.now() + this.#settings.probeIntervalMs);
  }

  /** Ends the rounds; probes in flight end as misses. */
  stop(): void {
    this.#timer?.cancel();
    this.#abort.abort(new Error('stopped'));
  }

  /** Reads the ring, probes all neighbours at once, and waits for all of them. */
  async round(): Promise<void> {
    const neighbors = await this.#readNeighbors();
    if (neighbors === null || neighbors.length === 0) return;
    await Promise.all(
      neighbors.map(async (target) => {
        const isHealthy = await this.#isHealthy(target);
        await this.update(target.id, isHealthy);
      }),
    );
    const kept = new Set(neighbors.map(({ id }) => id));
    for (const id of this.peers.keys()) if (!kept.has(id)) this.peers.delete(id);
  }

  /** Takes the result of one probe. */
  async update(targetId: string, isHealthy: boolean): Promise<void> {
    let peer = this.peers.get(targetId);
    if (peer === undefined) {
      peer = { missCount: 0, status: 'healthy', hasReportedDead: false };
      this.peers.set(targetId, peer);
    }
    if (isHealthy) await this.#hit(targetId, peer);
    else await this.#miss(targetId, peer);
  }

  async #hit(targetId: string, peer: OriginalPeer): Promise<void> {
    const was = peer.status;
    Object.assign(peer, { missCount: 0, status: 'healthy', hasReportedDead: false });
    if (was === 'healthy') return;
    await this.#write(targetId, 'recovered');
    await this.callbacks.onNodeRecovered?.(targetId);
  }

  async #miss(targetId: string, peer: OriginalPeer): Promise<void> {
    const { deadAfter, suspectAfter, startupGracePeriodMs } = this.#settings;
    peer.missCount++;
    if (peer.missCount >= deadAfter && !peer.hasReportedDead) {
      if (this.#ports.clock.now() - this.#createdAt < startupGracePeriodMs) {
        if (peer.status === 'suspect') return;
        peer.status = 'suspect';
        await this.#write(targetId, 'suspect');
        return;
      }
      peer.status = 'dead';
      peer.hasReportedDead = true;
      await this.#write(targetId, 'dead');
      await this.#checkQuorum(targetId);
    } else if (peer.missCount >= suspectAfter && peer.status === 'healthy') {
      peer.status = 'suspect';
      await this.#write(targetId, 'suspect');
      await this.callbacks.onNodeSuspect?.(targetId);
    }
  }

  /** Looks once, at the moment of its own declaration; never again. */
  async #checkQuorum(targetId: string): Promise<void> {
    const { onNodeDead } = this.callbacks;
    if (onNodeDead === undefined) return;
    const { tables } = this.#ports;
    const after = this.#localSeconds(-this.#settings.quorumWindowMs);
    try {
      if ((await tables.countDeadObservers(targetId, after)) < this.#settings.minQuorum) return;
      if ((await tables.lowestDeadObserver(targetId, after)) !== this.#nodeId) return;
    } catch {
      return;
    }
    await onNodeDead(targetId);
  }

  async #write(targetId: string, status: string): Promise<void> {
    try {
      await this.#ports.tables.insertEvent(this.#nodeId, targetId, status);
    } catch {
      // The row is lost: the original only logs it.
    }
  }

  async #readNeighbors(): Promise<readonly OriginalTarget[] | null> {
    try {
      const nodes = await this.#ports.tables.activeNodes(this.#localSeconds(-this.#settings.ringWindowMs));
      // A NULL cannot be read into its string: the whole round is off.
      if (nodes.some(({ address }) => address === null)) return null;
      return ringNeighbors(nodes, this.#nodeId, this.#settings.neighbors);
    } catch {
      return null;
    }
  }

  async #isHealthy(target: OriginalTarget): Promise<boolean> {
    const { clock, prober } = this.#ports;
    const known = await this.#metadataReader?.getPeerLifecycleState(target.id);
    if (known?.found === true) {
      const sinceMs = clock.wallNow() - Number(known.lastSeen ?? 0);
      if (known.state === 'maintenance' && sinceMs < 120_000) return true;
      if (known.state === 'active' && sinceMs < 30_000) return true;
    }
    const { probePort: port, probeTimeoutMs: timeoutMs } = this.#settings;
    const outcome = await prober.probe(
      { id: target.id, address: target.address ?? '', port },
      { timeoutMs, signal: this.#abort.signal as Signal },
    );
    return outcome.kind === 'answer';
  }

  /** This machine's wall clock in its own time zone, as if that were UTC. */
  #localSeconds(plusMs: number): number {
    return Math.floor((this.#ports.clock.wallNow() + this.#zoneMs + plusMs) / 1000);
  }

  /** A ticker with room for one tick: what comes while a round runs is one round more, the rest is dropped. */
  #tickAt(dueAt: number): void {
    if (this.#abort.signal.aborted) return;
    const { clock } = this.#ports;
    this.#timer = clock.setTimer(dueAt - clock.now(), () => {
      this.#tickAt(dueAt + this.#settings.probeIntervalMs);
      if (this.#isInRound) this.#hasTickWaiting = true;
      else void this.#runRounds();
    });
  }

  async #runRounds(): Promise<void> {
    this.#isInRound = true;
    do {
      this.#hasTickWaiting = false;
      try {
        await this.round();
      } catch (error) {
        this.crash = error;
        this.stop();
      }
    } while (this.#hasTickWaiting && !this.#abort.signal.aborted);
    this.#isInRound = false;
  }
}
