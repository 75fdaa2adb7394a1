/**
 * Which nodes had a reason to suspect that they are accused: an observer's next probe was overdue, a probe of the node had no
 * answer, an observer's connection was closed, it was asked to look at itself, or a reading showed accusers. Not for: what
 * they may do then (C2).
 */
import type { TappedProbe } from '../virtual-prober.ts';

/** What one node knows of its observers, and when it last had a reason. */
interface Suspected {
  /** By the observer's process: when its next probe is due by the newest answered one, and by each that was sent after it. */
  readonly dueAts: Map<object, readonly number[]>;
  lastAt: number;
}

export class OwnSuspicions {
  readonly #byTarget = new Map<string, Suspected>();

  /** A probe is on its way: whether it is answered or not, the node may have heard when the next one is due. */
  probeBegan({ process, targetId, at, nextDueMs }: TappedProbe): void {
    if (nextDueMs === null) return;
    const known = this.#of(targetId);
    this.#noteOverdue(known, at);
    const { dueAts } = known;
    dueAts.set(process, [...(dueAts.get(process) ?? []), at + nextDueMs]);
  }

  /** A probe has ended; one that the node itself has answered has named when the next one is due. */
  probeEnded({ process, targetId, at, nextDueMs }: TappedProbe, isAnswered: boolean, now: number): void {
    const known = this.#of(targetId);
    if (!isAnswered) known.lastAt = now;
    else if (nextDueMs !== null) {
      this.#noteOverdue(known, now);
      known.dueAts.set(process, [at + nextDueMs]);
    }
  }

  /** The node has been told that an observer's connection was closed, or has read that it is accused. */
  noteReason(targetId: string, at: number): void {
    this.#of(targetId).lastAt = at;
  }

  /** When the node last had a reason; in the far past for never. */
  lastReasonAt(targetId: string, now: number): number {
    const known = this.#of(targetId);
    this.#noteOverdue(known, now);
    return known.lastAt;
  }

  #noteOverdue(known: Suspected, now: number): void {
    for (const [process, dueAts] of known.dueAts) {
      const later = dueAts.filter((dueAt) => dueAt > now);
      if (later.length === dueAts.length) continue;
      known.lastAt = Math.max(known.lastAt, ...dueAts.filter((dueAt) => dueAt <= now));
      if (later.length === 0) known.dueAts.delete(process);
      else known.dueAts.set(process, later);
    }
  }

  #of(targetId: string): Suspected {
    let known = this.#byTarget.get(targetId);
    if (known === undefined) {
      known = { dueAts: new Map(), lastAt: Number.NEGATIVE_INFINITY };
      this.#byTarget.set(targetId, known);
    }
    return known;
  }
}
