/**
 * Which counts of a sender have come: the sliding window of RFC 4303, section 3.4.3. It needs no clock, and its memory is
 * bounded: one window a sender, for the newest epoch of each.
 */

/** Messages overtake each other on their way, but not by more than this many of one sender. */
const windowSize = 1_024;
const mask = (1n << BigInt(windowSize)) - 1n;

/** More than the observers of a node and of its targets; the one that has sent nothing for longest is forgotten first. */
const mostSenders = 256;

interface Window {
  readonly epoch: number;
  readonly newest: number;
  /** Bit n: the count `newest - n` has come. */
  readonly seen: bigint;
}

export class ReplayWindow {
  readonly #windows = new Map<string, Window>();

  /**
   * Whether a message is new, which then counts as come. False for a copy, for one too old to tell, and for one of an epoch
   * before the newest. To be asked for messages only whose signature is good.
   */
  take(senderId: string, epoch: number, count: number): boolean {
    const known = this.#windows.get(senderId);
    const isFirst = known === undefined || epoch > known.epoch;
    const next = isFirst ? { epoch, newest: count, seen: 1n } : windowAfter(known, epoch, count);
    if (next === null) return false;
    this.#windows.delete(senderId);
    this.#windows.set(senderId, next);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > mostSenders && oldest !== undefined) this.#windows.delete(oldest);
    return true;
  }
}

/** Null where the message is not new. */
function windowAfter(known: Window, epoch: number, count: number): Window | null {
  const { newest, seen } = known;
  const aheadCount = count - newest;
  if (epoch < known.epoch || aheadCount <= -windowSize) return null;
  if (aheadCount >= windowSize) return { epoch, newest: count, seen: 1n };
  if (aheadCount > 0) return { epoch, newest: count, seen: ((seen << BigInt(aheadCount)) | 1n) & mask };
  const bit = 1n << BigInt(-aheadCount);
  return (seen & bit) === 0n ? { epoch, newest, seen: seen | bit } : null;
}
