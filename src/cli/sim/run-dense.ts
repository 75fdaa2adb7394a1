/** `ringwatch sim --dense`: dense worlds that seeds draw, under the checkers of safety. */
import { setImmediate as turn } from 'node:timers/promises';
import { densePlan } from '../../sim/dense/dense-plan.ts';
import { type DenseResult, runDense } from '../../sim/dense/run-dense.ts';
import { exitCodes } from '../failure.ts';
import { paintFor, print, printJson } from '../terminal.ts';
import { addDenseSeed, describeDense, noDenseTotals, timesOf } from './dense-text.ts';
import { openProgress } from './progress.ts';
import type { DenseRequest, SimRequest } from './sim-request.ts';

type Request = SimRequest & DenseRequest;

/** Runs the seeds; resolves to the exit code, or to null when it was interrupted. */
export async function runDenseWorlds(request: Request, signal: AbortSignal): Promise<number | null> {
  const { firstSeed, lastSeed, preset, settings, without, isTraced, isJson } = request;
  const seedCount = lastSeed - firstSeed + 1;
  const progress = openProgress();
  let totals = noDenseTotals;
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    await turn();
    if (signal.aborted) break;
    const plan = densePlan(seed, preset, settings);
    const result = await runDense(plan, { without, isStoryKept: isTraced });
    totals = addDenseSeed(totals, result);
    if (isJson || isTraced || isBad(result)) progress.end();
    tell(result, request);
    progress.show({
      title: 'dense',
      part: totals.seedCount / seedCount,
      done: `${totals.seedCount} of ${seedCount} seeds, ${totals.wrongVerdictCount} wrong`,
      virtualMs: null,
    });
  }
  progress.end();
  if (isJson) {
    const { deaths, ...counts } = totals;
    const times = { process: timesOf(deaths, 'process'), machine: timesOf(deaths, 'machine') };
    printJson({ kind: 'totals', ...counts, deaths: times });
  } else print(describeDense(totals, paintFor(process.stdout)));
  if (signal.aborted) return null;
  return totals.wrongVerdictCount + totals.violationCount > 0 ? exitCodes.failed : exitCodes.done;
}

function isBad({ broken, wrongVerdictCount }: DenseResult): boolean {
  return broken.length > 0 || wrongVerdictCount > 0;
}

function tell(result: DenseResult, { isJson, isTraced }: Request): void {
  const { story, seed, broken, wrongVerdictCount, ...rest } = result;
  if (isJson) {
    printJson({ kind: 'seed', seed, broken, wrongVerdictCount, ...rest });
    return;
  }
  if (isTraced) print(`${story.join('\n')}\n`);
  if (!isBad(result)) return;
  const paint = paintFor(process.stdout);
  print(`${paint('bad', `seed ${seed}`)}: ${wrongVerdictCount} healthy nodes confirmed dead`);
  for (const { promise, at, message } of broken)
    print(`  ${paint('bad', promise)}  ${(at / 1_000).toFixed(3)} s  ${message}`);
}
