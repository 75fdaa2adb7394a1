/**
 * The simulator tells the truth: the original's rules, run in it, lose as many deaths as the real program did when
 * that was measured. `ORIGINAL_DEATHS=2000` asks for more deaths a row, and prints the table of docs/evaluation.md.
 */
import { describe, expect, it } from 'vitest';
import { countLostDeaths, type LostDeaths } from '../../src/sim/original/lost-deaths.ts';

const asked = Number(process.env['ORIGINAL_DEATHS'] ?? 0);

interface Row {
  readonly cluster: string;
  readonly nodeCount: number;
  readonly isRowKeptFresh: boolean;
  readonly hasMetadataReader?: boolean;
  readonly neighbors?: number;
  /** The real program: deaths, and the percentages of them without, with one, with more runs of the callback. */
  readonly real: readonly [number, number, number, number];
}

const rows: readonly Row[] = [
  { cluster: 'heartbeats stop, N = 3', nodeCount: 3, isRowKeptFresh: false, real: [700, 94.7, 5.3, 0] },
  { cluster: 'heartbeats stop, N = 5', nodeCount: 5, isRowKeptFresh: false, real: [900, 92.8, 6, 1.2] },
  { cluster: 'heartbeats stop, N = 10', nodeCount: 10, isRowKeptFresh: false, real: [600, 93.8, 5.2, 1] },
  {
    cluster: 'the same with a metadata reader, N = 5',
    nodeCount: 5,
    isRowKeptFresh: false,
    hasMetadataReader: true,
    real: [100, 100, 0, 0],
  },
  { cluster: 'the row is kept fresh, N = 3', nodeCount: 3, isRowKeptFresh: true, real: [600, 50.2, 49.8, 0] },
  {
    cluster: 'the row is kept fresh, N = 5',
    nodeCount: 5,
    isRowKeptFresh: true,
    real: [600, 32.2, 49.5, 18.3],
  },
  {
    cluster: 'the row is kept fresh, N = 10',
    nodeCount: 10,
    isRowKeptFresh: true,
    real: [600, 29.5, 50.8, 19.7],
  },
  { cluster: 'N = 2', nodeCount: 2, isRowKeptFresh: true, real: [200, 100, 0, 0] },
  { cluster: 'K = 1, N = 5', nodeCount: 5, isRowKeptFresh: true, neighbors: 1, real: [200, 100, 0, 0] },
];

const percent = (part: number, whole: number): number => Math.round((1_000 * part) / whole) / 10;

/** Three points, or two and a half standard errors of the difference of the two samples where that is more. */
function toleranceOf(realPercent: number, realCount: number, ourCount: number): number {
  const part = realPercent / 100;
  return Math.max(3, 250 * Math.sqrt(part * (1 - part) * (1 / realCount + 1 / ourCount)));
}

function print(cluster: string, { deathCount, firstRunMs }: LostDeaths, shares: readonly number[]): void {
  const first = firstRunMs === null ? '' : firstRunMs.map((ms) => Math.round(ms / 1_000)).join(' to ');
  process.stdout.write(`| ${[cluster, deathCount, ...shares, first].join(' | ')} |\n`);
}

describe('the rules of the original lose as many deaths as the real program did', () => {
  it.each(rows)('$cluster', async ({ cluster, real, ...cell }) => {
    const result = await countLostDeaths({ ...cell, deathCount: asked || 1_000, seed: 1 });
    const { deathCount, never, once, moreThanOnce, firstRunMs } = result;
    const shares = [never, once, moreThanOnce].map((count) => percent(count, deathCount));
    if (asked > 0) print(cluster, result, shares);
    const [realCount, ...realShares] = real;
    for (const [index, share] of shares.entries()) {
      const realShare = realShares[index] ?? Number.NaN;
      expect(Math.abs(share - realShare)).toBeLessThanOrEqual(toleranceOf(realShare, realCount, deathCount));
    }
    if (firstRunMs !== null) {
      expect(firstRunMs[0]).toBeGreaterThanOrEqual(110_000);
      expect(firstRunMs[1]).toBeLessThanOrEqual(120_100);
    }
  });
});
