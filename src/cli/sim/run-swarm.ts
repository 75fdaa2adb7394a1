/** `ringwatch sim --swarm`: worlds that seeds draw, under every checker. */
import { setImmediate as turn } from 'node:timers/promises';
import { swarmPlan } from '../../sim/swarm/plan.ts';
import { runSwarmSeed } from '../../sim/swarm/run.ts';
import { exitCodes } from '../failure.ts';
import { paintFor, print, printError, printJson } from '../terminal.ts';
import { openProgress } from './progress.ts';
import { tellSmallerPlan } from './shrinking.ts';
import type { SimRequest, SwarmRequest } from './sim-request.ts';
import { addSeed, describeTotals, noTotals, replayCommand, type SwarmTotals } from './swarm-text.ts';
import { tellSwarm } from './tell-swarm.ts';

type Request = SimRequest & SwarmRequest;

/** Runs the seeds; resolves to the exit code, or to null when it was interrupted. */
export async function runSwarm(request: Request, signal: AbortSignal): Promise<number | null> {
  const { firstSeed, lastSeed, isTraced, isJson, isShrunk } = request;
  const seedCount = lastSeed - firstSeed + 1;
  const progress = openProgress();
  let totals = noTotals;
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    await turn();
    if (signal.aborted) break;
    const result = await runSwarmSeed(seed, isTraced);
    totals = addSeed(totals, result);
    const isBroken = result.broken.length > 0;
    const [name, replay] = [`seed ${seed}`, replayCommand(seed)];
    if (isBroken && isShrunk) {
      progress.end();
      return tellSmallerPlan({ plan: swarmPlan(seed), result, name, replay }, isJson, signal);
    }
    if (isBroken || isTraced || isJson) progress.end();
    // With --shrink stdout is for the plan.
    if (!isShrunk) {
      tellSwarm(result, { isJson, isTraced, name, replay, isKeptTold: seedCount === 1 });
    }
    progress.show(swarmProgress(totals, seedCount));
  }
  progress.end();
  tellTotals(totals, request, seedCount);
  if (signal.aborted) return null;
  return totals.violationCount > 0 ? exitCodes.failed : exitCodes.done;
}

function swarmProgress({ seedCount: doneCount, brokenSeeds }: SwarmTotals, seedCount: number) {
  const broken = brokenSeeds.length === 0 ? 'none broken' : `${brokenSeeds.length} broken`;
  return {
    title: 'swarm',
    part: doneCount / seedCount,
    done: `${doneCount} of ${seedCount} seeds, ${broken}`,
    virtualMs: null,
  };
}

function tellTotals(totals: SwarmTotals, { isJson, isShrunk }: Request, seedCount: number): void {
  if (isJson) printJson({ kind: 'totals', ...totals });
  else if (isShrunk)
    printError(`${describeTotals(totals, paintFor(process.stderr))} Nothing to make smaller.`);
  else if (seedCount > 1) print(describeTotals(totals, paintFor(process.stdout)));
}
