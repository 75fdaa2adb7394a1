/**
 * Records what happens in a world while it is measured: deaths and what became of them, false accusations and cost. Also
 * the course of time in slices. It does not know which rules run; see observe.ts for that.
 */
import type { FalseAccusation, MeasuredCost, MeasuredDeath, TimelineSlice } from './experiment.ts';
import type { IsSick } from './sickness.ts';

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** An accusation as it is made. */
export interface Accusation {
  readonly kind: 'suspect' | 'verdict';
  readonly observerId: string;
  readonly targetId: string;
  /** The accused epoch; 0 under rules without epochs. */
  readonly targetEpoch: number;
  /** Whether that very epoch still lasts. */
  readonly isTargetAlive: boolean;
}

export interface RecorderOptions {
  /** True time, milliseconds from the world's start. */
  readonly now: () => number;
  /** When the measured time begins. */
  readonly beginAt: number;
  readonly sliceMs: number;
  readonly sliceCount: number;
  readonly isSick: IsSick;
  readonly bytesPerProbe: number;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #deaths: Mutable<MeasuredDeath>[] = [];
  /** The newest death of each epoch, and of each node. */
  readonly #deathOfEpoch = new Map<string, Mutable<MeasuredDeath>>();
  readonly #deathOfNode = new Map<string, Mutable<MeasuredDeath>>();
  readonly #condemned = new Set<string>();
  readonly #accusations: FalseAccusation[] = [];
  readonly #registryCalls = new Map<string, number>();
  readonly #timeline: Mutable<TimelineSlice>[];
  readonly #downIds = new Set<string>();
  #probeCount = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#timeline = Array.from({ length: options.sliceCount }, (_, index) => ({
      at: index * options.sliceMs,
      downCount: 0,
      suspectCount: 0,
      verdictCount: 0,
      recoveryCount: 0,
      probeCount: 0,
      registryCallCount: 0,
    }));
  }

  get deaths(): readonly MeasuredDeath[] {
    return this.#deaths;
  }

  get falseAccusations(): readonly FalseAccusation[] {
    return this.#accusations;
  }

  get timeline(): readonly TimelineSlice[] {
    return this.#timeline;
  }

  get cost(): MeasuredCost {
    const byName = [...this.#registryCalls].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      probeCount: this.#probeCount,
      probeBytes: this.#probeCount * this.#options.bytesPerProbe,
      registryCalls: Object.fromEntries(byName),
    };
  }

  /** An epoch has ended by a fault. One that a verdict had condemned before is no death of its own. */
  died(nodeId: string, epoch: number, kind: MeasuredDeath['kind']): void {
    const at = this.#at();
    if (at < 0 || this.#condemned.has(epochKey(nodeId, epoch))) return;
    const death = {
      nodeId,
      kind,
      at,
      suspectMs: null,
      verdictMs: null,
      recoveredMs: null,
      runCount: 0,
      backMs: null,
    };
    this.#deaths.push(death);
    this.#deathOfEpoch.set(epochKey(nodeId, epoch), death);
    this.#deathOfNode.set(nodeId, death);
  }

  /** A node runs no more, and has not left. */
  wentDown(nodeId: string): void {
    this.#downIds.add(nodeId);
    this.#noteDown(this.#slice());
  }

  /** A node has begun an epoch. */
  began(nodeId: string): void {
    this.#downIds.delete(nodeId);
    const death = this.#deathOfNode.get(nodeId);
    if (death !== undefined) death.backMs ??= this.#at() - death.at;
  }

  /** An observer says that an epoch is suspect, or a quorum that it is over. */
  accused({ kind, observerId, targetId, targetEpoch, isTargetAlive }: Accusation): void {
    const at = this.#at();
    if (kind === 'verdict' && targetEpoch > 0) this.#condemned.add(epochKey(targetId, targetEpoch));
    if (at < 0) return;
    const slice = this.#slice();
    if (slice !== undefined) slice[kind === 'suspect' ? 'suspectCount' : 'verdictCount']++;
    if (isTargetAlive) {
      const isSick = (nodeId: string): boolean => this.#options.isSick(nodeId, at);
      const [isByHealthy, isOfHealthy] = [!isSick(observerId), !isSick(targetId)];
      this.#accusations.push({ kind, at, observerId, targetId, isByHealthy, isOfHealthy });
      return;
    }
    const death = this.#deathOfEpoch.get(epochKey(targetId, targetEpoch));
    if (death === undefined) return;
    if (kind === 'suspect') death.suspectMs ??= at - death.at;
    else death.verdictMs ??= at - death.at;
  }

  /** A recovery handler has begun for that epoch. */
  recoveryBegan(nodeId: string, epoch: number): void {
    const death = this.#deathOfEpoch.get(epochKey(nodeId, epoch));
    if (death !== undefined) death.runCount++;
  }

  /** A recovery handler has done its work. */
  recoveryCompleted(nodeId: string, epoch: number): void {
    const slice = this.#slice();
    if (slice !== undefined) slice.recoveryCount++;
    const death = this.#deathOfEpoch.get(epochKey(nodeId, epoch));
    if (death !== undefined) death.recoveredMs ??= this.#at() - death.at;
  }

  probed(): void {
    const slice = this.#slice();
    if (slice === undefined) return;
    this.#probeCount++;
    slice.probeCount++;
  }

  /** A call has reached the registry. */
  called(name: string): void {
    const slice = this.#slice();
    if (slice === undefined) return;
    this.#registryCalls.set(name, (this.#registryCalls.get(name) ?? 0) + 1);
    slice.registryCallCount++;
  }

  /** The slice of that number begins: who is down then counts in it. */
  sliceBegins(index: number): void {
    this.#noteDown(this.#timeline[index]);
  }

  #noteDown(slice: Mutable<TimelineSlice> | undefined): void {
    if (slice !== undefined) slice.downCount = Math.max(slice.downCount, this.#downIds.size);
  }

  #at(): number {
    return this.#options.now() - this.#options.beginAt;
  }

  #slice(): Mutable<TimelineSlice> | undefined {
    const at = this.#at();
    if (at < 0) return undefined;
    const { sliceMs, sliceCount } = this.#options;
    return this.#timeline[Math.min(sliceCount - 1, Math.floor(at / sliceMs))];
  }
}

function epochKey(nodeId: string, epoch: number): string {
  return `${nodeId}\n${epoch}`;
}
