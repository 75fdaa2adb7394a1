/** `--shrink`: looks for a plan that breaks the same promise with less, and prints it. The plan alone goes to stdout. */
import { setImmediate as turn } from 'node:timers/promises';
import type { SwarmPlan } from '../../sim/swarm/plan.ts';
import { planToJson } from '../../sim/swarm/plan-json.ts';
import { runPlan, runTwins, type SwarmResult } from '../../sim/swarm/run.ts';
import { type ShrunkPlan, shrinkPlan } from '../../sim/swarm/shrink.ts';
import { exitCodes } from '../failure.ts';
import { paintFor, print, printError, printJson } from '../terminal.ts';
import { counted } from './figures.ts';
import { openProgress } from './progress.ts';
import { describeBroken } from './swarm-text.ts';

export interface Failing {
  readonly plan: SwarmPlan;
  /** What came of it: at least one broken promise. */
  readonly result: SwarmResult;
  /** What the plan is called, such as `seed 950`. */
  readonly name: string;
  /** The line that runs it again. */
  readonly replay: string;
}

/**
 * Makes the plan smaller, prints it, and resolves to the exit code. When it is interrupted, it prints the smallest plan
 * so far and resolves to null.
 */
export async function tellSmallerPlan(
  { plan, result, name, replay }: Failing,
  isJson: boolean,
  signal: AbortSignal,
): Promise<number | null> {
  const { story: _, ...rest } = result;
  if (isJson) printJson({ kind: 'seed', ...rest, replay });
  else printError(describeBroken(result, name, replay, paintFor(process.stderr)));
  const shrunk = await shrink(plan, result, signal);
  const text = planToJson(shrunk.plan);
  if (isJson) printJson({ kind: 'plan', runCount: shrunk.runCount, plan: JSON.parse(text) as unknown });
  else {
    printError(describeShrunk(plan, shrunk));
    print(text);
    printError('Store it in a file, then: ringwatch sim --plan <file> --trace');
  }
  return signal.aborted ? null : exitCodes.failed;
}

async function shrink(plan: SwarmPlan, { broken }: SwarmResult, signal: AbortSignal): Promise<ShrunkPlan> {
  const wanted = broken[0]?.promise;
  const progress = openProgress();
  let isFirst = true;
  try {
    return await shrinkPlan(plan, {
      async isStillFailing(smaller) {
        await turn();
        // The first one is the plan itself, which is known to fail.
        if (isFirst) isFirst = false;
        else if (signal.aborted) return false;
        // Only twins can tell whether clocks decide.
        const result = await (wanted === 'S7' ? runTwins(smaller) : runPlan(smaller));
        return result.broken.some(({ promise }) => promise === wanted);
      },
      onStep: ({ runCount, limit, plan: smallest }) =>
        progress.show({
          title: 'shrink',
          part: runCount / limit,
          done: `${runCount} of at most ${limit} runs, ${sizeOf(smallest)}`,
          virtualMs: null,
        }),
    });
  } finally {
    progress.end();
  }
}

function describeShrunk(plan: SwarmPlan, { plan: smallest, runCount, isSmallest }: ShrunkPlan): string {
  const rest = isSmallest ? '' : '; there may be a smaller one';
  return `From ${sizeOf(plan)} to ${sizeOf(smallest)} in ${counted(runCount, 'run')}${rest}.`;
}

function sizeOf({ options: { nodes }, faults }: SwarmPlan): string {
  const nodeCount = typeof nodes === 'number' ? nodes : nodes.length;
  return `${counted(nodeCount, 'node')} and ${counted(faults.length, 'fault')}`;
}
