/** What swarm worlds came to, in words. Pure. */
import type { SwarmResult } from '../../sim/swarm/run.ts';
import { formatDuration } from '../durations.ts';
import { type Paint, printable } from '../terminal.ts';
import { counted, figure } from './figures.ts';

/** What many seeds came to. */
export interface SwarmTotals {
  readonly seedCount: number;
  /** Virtual years that all nodes together have lived through. */
  readonly nodeYears: number;
  readonly faultCount: number;
  readonly verdictCount: number;
  readonly recoveryCount: number;
  /** Seeds in which a promise was broken. */
  readonly brokenSeeds: readonly number[];
  readonly violationCount: number;
}

const yearMs = 365.25 * 86_400_000;

/** Totals before the first seed. */
export const noTotals: SwarmTotals = {
  seedCount: 0,
  nodeYears: 0,
  faultCount: 0,
  verdictCount: 0,
  recoveryCount: 0,
  brokenSeeds: [],
  violationCount: 0,
};

/** The totals with one more seed. */
export function addSeed(totals: SwarmTotals, result: SwarmResult): SwarmTotals {
  const isBroken = result.broken.length > 0;
  return {
    seedCount: totals.seedCount + 1,
    nodeYears: totals.nodeYears + result.nodeMs / yearMs,
    faultCount: totals.faultCount + result.faultCount,
    verdictCount: totals.verdictCount + result.verdictCount,
    recoveryCount: totals.recoveryCount + result.recoveryCount,
    brokenSeeds: isBroken ? [...totals.brokenSeeds, result.seed] : totals.brokenSeeds,
    violationCount: totals.violationCount + result.broken.length,
  };
}

/** The line that runs a world again, with its story. */
export function replayCommand(seed: number): string {
  return `ringwatch sim --swarm --seed ${seed} --trace`;
}

/** What was broken, and how to see it again. */
export function describeBroken(
  { broken, hardshipCounts }: SwarmResult,
  what: string,
  replay: string,
  paint: Paint,
): string {
  const lines = broken.map(
    ({ promise, at, message }) =>
      `  ${paint('bad', promise)}  ${paint('quiet', `${(at / 1_000).toFixed(3)} s`)}  ${printable(message)}`,
  );
  const count = counted(broken.length, 'broken promise');
  const names = Object.keys(hardshipCounts).sort();
  const hardships = names.length === 0 ? [] : [`  hardships: ${names.map(printable).join(', ')}`];
  return [
    `${paint('bad', what)}: ${count}`,
    ...lines,
    ...hardships,
    `  again: ${paint('strong', replay)}`,
  ].join('\n');
}

/** One seed in a line. */
export function describeSeed({
  nodeCount,
  faultCount,
  hardshipCounts,
  verdictCount,
  recoveryCount,
  nodeMs,
}: SwarmResult): string {
  const names = Object.keys(hardshipCounts).sort();
  const hardships = names.length === 0 ? '' : ` (${names.map(printable).join(', ')})`;
  return [
    counted(nodeCount, 'node'),
    `${formatDuration(nodeMs / Math.max(1, nodeCount))} of virtual time`,
    `${counted(faultCount, 'fault')}${hardships}`,
    counted(verdictCount, 'verdict'),
    counted(recoveryCount, 'recovery', 'recoveries'),
  ].join(', ');
}

/** All seeds in two lines. */
export function describeTotals(totals: SwarmTotals, paint: Paint): string {
  const { seedCount, nodeYears, faultCount, verdictCount, recoveryCount, brokenSeeds, violationCount } =
    totals;
  const work = [
    counted(seedCount, 'seed'),
    `${figure(nodeYears)} virtual node-years`,
    counted(faultCount, 'fault'),
    counted(verdictCount, 'verdict'),
    counted(recoveryCount, 'recovery', 'recoveries'),
  ].join(', ');
  if (brokenSeeds.length === 0) return `${work}.\n${paint('good', 'Every promise was kept.')}`;
  const where = counted(brokenSeeds.length, 'seed');
  return `${work}.\n${paint('bad', `${counted(violationCount, 'broken promise')} in ${where}.`)}`;
}
