/**
 * The simulator tells the truth: the original's rules, run in it, lose as many deaths as the real program did when
 * that was measured. `ORIGINAL_DEATHS=8000` asks for more deaths a row, `ORIGINAL_SEED=2` for others; either prints
 * the table of docs/evaluation.md.
 */
import { describe, expect, it } from 'vitest';
import { countLostDeaths, type LostDeaths } from '../../src/sim/original/lost-deaths.ts';

const asked = process.env['ORIGINAL_DEATHS'];
const deathsARow = Number(asked ?? 1_000);
const seed = Number(process.env['ORIGINAL_SEED'] ?? 1);
const isPrinting = asked !== undefined || seed !== 1;

interface Row {
  readonly cluster: string;
  readonly nodeCount: number;
  readonly isRowKeptFresh: boolean;
  readonly hasMetadataReader?: boolean;
  readonly neighbors?: number;
  /** The real program: deaths, and the percentages of them without, with one, with more runs of the callback. */
  readonly real: readonly [number, number, number, number];
  /**
   * The percentages that follow from the rule itself, where it is they that are asked for: the real sample is two of
   * its own standard errors from them, so that 3 points from it would be asked of chance.
   */
  readonly byTheRule?: readonly [number, number, number];
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
    // Three observers declare in a random order, and each looks at the quorum once.
    byTheRule: [100 / 3, 50, 100 / 6],
  },
  { cluster: 'N = 2', nodeCount: 2, isRowKeptFresh: true, real: [200, 100, 0, 0] },
  { cluster: 'K = 1, N = 5', nodeCount: 5, isRowKeptFresh: true, neighbors: 1, real: [200, 100, 0, 0] },
];

const percent = (part: number, whole: number): number => Math.round((1_000 * part) / whole) / 10;

/** How far chance alone takes a sample of that many: 1.6 standard errors, which nine samples of ten keep within. */
function samplingErrorOf(expectedPercent: number, count: number): number {
  const part = expectedPercent / 100;
  return 160 * Math.sqrt((part * (1 - part)) / count);
}

function print(cluster: string, { deathCount, firstRunMs }: LostDeaths, shares: readonly number[]): void {
  const first = firstRunMs === null ? '' : firstRunMs.map((ms) => Math.round(ms / 1_000)).join(' to ');
  process.stdout.write(`| ${[cluster, deathCount, ...shares, first].join(' | ')} |\n`);
}

describe('the rules of the original lose as many deaths as the real program did', () => {
  it.each(rows)(
    '$cluster',
    { timeout: 60_000 + 60 * deathsARow },
    async ({ cluster, real, byTheRule, ...cell }) => {
      const result = await countLostDeaths({ ...cell, deathCount: deathsARow, seed });
      const { deathCount, never, once, moreThanOnce, firstRunMs } = result;
      const shares = [never, once, moreThanOnce].map((count) => percent(count, deathCount));
      if (isPrinting) print(cluster, result, shares);
      const [, ...realShares] = real;
      // Two observers that look before either has written take no turns, which the rule knows nothing of: half a point.
      const allowedPoints = byTheRule === undefined ? 3 : 0.5;
      for (const [index, share] of shares.entries()) {
        const expected = (byTheRule ?? realShares)[index] ?? Number.NaN;
        const tolerance = allowedPoints + samplingErrorOf(expected, deathCount);
        expect(Math.abs(share - expected), `${share} for ${expected}`).toBeLessThanOrEqual(tolerance);
      }
      if (firstRunMs !== null) {
        expect(firstRunMs[0]).toBeGreaterThanOrEqual(110_000);
        expect(firstRunMs[1]).toBeLessThanOrEqual(120_100);
      }
    },
  );
});
