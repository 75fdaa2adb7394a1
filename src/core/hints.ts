/**
 * Hints that a target may have ended: it has closed an idle connection, or another observer has missed it. A hint proves
 * nothing; it only makes this observer look at once. Not for: the look (looking.ts).
 */

/** Where a hint comes from. */
export type HintSource = 'closed' | 'observer';

/** What an observer remembers of a target's hints. */
export interface Hints {
  /** The hint that the next look, or the present run of misses, began with; null for none. */
  readonly source: HintSource | null;
  /** Whether the target notices too that it is missed: its connection was closed, or the observer that asks says so. */
  readonly isNoticed: boolean;
  /** When the newest hints of each source were found in vain, oldest first; at most three each. */
  readonly vainAt: Readonly<Record<HintSource, readonly number[]>>;
  /** When the target's other observers were last asked to look too. */
  readonly askedAt: number;
}

/** So many hints in vain within this time, and none is heeded for as long. */
const vainLimit = 3;
const vainWindowMs = 600_000;

/** Before the first hint. */
export const noHints: Hints = {
  source: null,
  isNoticed: false,
  vainAt: { closed: [], observer: [] },
  askedAt: Number.NEGATIVE_INFINITY,
};

/** Whether the next look, or the present run of misses, began with a hint. */
export function isHinted(hints: Hints | null): hints is Hints {
  return hints !== null && hints.source !== null;
}

/** Whether hints of that source are not heeded now: too many were in vain. What others ask for switches off no own sign. */
export function isIgnored({ vainAt }: Hints, source: HintSource, now: number): boolean {
  const [first = 0, last = 0] = [vainAt[source][0], vainAt[source].at(-1)];
  return vainAt[source].length === vainLimit && last - first <= vainWindowMs && now - last < vainWindowMs;
}

/** After an answer. `isInVain`: the look that a hint brought was answered. */
export function afterHit(hints: Hints | null, isInVain: boolean, now: number): Hints | null {
  if (hints === null || hints.source === null) return hints;
  const { source, vainAt } = hints;
  const after = { ...hints, source: null, isNoticed: false };
  const times = [...vainAt[source], now].slice(-vainLimit);
  return isInVain ? { ...after, vainAt: { ...vainAt, [source]: times } } : after;
}

/** The same where the run of misses begins anew: it has not begun with the hint. */
export function withoutSource(hints: Hints | null): Hints | null {
  return isHinted(hints) ? { ...hints, source: null, isNoticed: false } : hints;
}
