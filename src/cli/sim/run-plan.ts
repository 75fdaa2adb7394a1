/** `ringwatch sim --plan`: a world that was written down, under every checker. */
import { open } from 'node:fs/promises';
import type { SwarmPlan } from '../../sim/swarm/plan.ts';
import { PlanError, planFromJson } from '../../sim/swarm/plan-json.ts';
import { runTwins } from '../../sim/swarm/run.ts';
import { CommandError, exitCodes, UsageError } from '../failure.ts';
import { printError } from '../terminal.ts';
import { reasonOf } from './output-file.ts';
import { tellSmallerPlan } from './shrinking.ts';
import { quoted } from './sim-command-line.ts';
import type { PlanRequest, SimRequest } from './sim-request.ts';
import { tellSwarm } from './tell-swarm.ts';

/** More than any plan needs: one of a thousand nodes and ten thousand faults has about 2 MB. */
const largestPlanBytes = 16 * 1024 * 1024;

/** Runs it; resolves to the exit code, or to null when it was interrupted. */
export async function runPlanFile(
  request: SimRequest & PlanRequest,
  signal: AbortSignal,
): Promise<number | null> {
  const { path, isJson, isTraced, isShrunk } = request;
  const plan = await readPlan(path);
  const result = await runTwins(plan);
  const isBroken = result.broken.length > 0;
  const replay = `ringwatch sim --plan ${quoted(path)} --trace`;
  if (isShrunk && isBroken) return tellSmallerPlan({ plan, result, name: path, replay }, isJson, signal);
  if (isShrunk) printError('Every promise was kept: nothing to make smaller.');
  tellSwarm(result, { isJson, isTraced, name: path, replay, isKeptTold: !isShrunk });
  return isBroken ? exitCodes.failed : exitCodes.done;
}

async function readPlan(path: string): Promise<SwarmPlan> {
  const text = await readBounded(path).catch((error: unknown) => {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
  try {
    return planFromJson(text);
  } catch (error) {
    if (error instanceof PlanError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

/** The text of a file, which may be a device without an end. */
async function readBounded(path: string): Promise<string> {
  const file = await open(path);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file.createReadStream()) {
    const bytes: Buffer = chunk;
    chunks.push(bytes);
    length += bytes.length;
    if (length > largestPlanBytes) throw new CommandError(`${path} is no plan: it has more than 16 MB.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
