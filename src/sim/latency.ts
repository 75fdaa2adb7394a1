/**
 * How long things take in the virtual world: distributions given by five quantiles, since that is what people
 * measure. Between the quantiles the density is even. Only the four basic operations are used, so that a seed
 * gives the same times on every machine.
 */
import type { Random } from '../ports/random.ts';

/** A distribution of durations in milliseconds; each number is at least the one before it. */
export interface Latency {
  readonly leastMs: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** One-way delays of usual networks. */
export const latencies = {
  none: always(0),
  second: always(1_000),
  loopback: { leastMs: 0.02, medianMs: 0.05, p90Ms: 0.1, p99Ms: 0.5, mostMs: 3 },
  lan: { leastMs: 0.1, medianMs: 0.25, p90Ms: 0.5, p99Ms: 2, mostMs: 20 },
  wan: { leastMs: 20, medianMs: 40, p90Ms: 60, p99Ms: 120, mostMs: 400 },
} as const satisfies Record<string, Latency>;

/** The distribution that is always the same number. */
export function always(ms: number): Latency {
  return { leastMs: ms, medianMs: ms, p90Ms: ms, p99Ms: ms, mostMs: ms };
}

/** The distribution that is even between two numbers. */
export function evenly(leastMs: number, mostMs: number): Latency {
  const at = (part: number): number => leastMs + part * (mostMs - leastMs);
  return { leastMs, medianMs: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), mostMs };
}

/** One duration. */
export function drawMs(latency: Latency, random: Random): number {
  const part = random.next();
  if (part < 0.5) return between(latency.leastMs, latency.medianMs, part / 0.5);
  if (part < 0.9) return between(latency.medianMs, latency.p90Ms, (part - 0.5) / 0.4);
  if (part < 0.99) return between(latency.p90Ms, latency.p99Ms, (part - 0.9) / 0.09);
  return between(latency.p99Ms, latency.mostMs, (part - 0.99) / 0.01);
}

function between(least: number, most: number, part: number): number {
  return least + part * (most - least);
}
