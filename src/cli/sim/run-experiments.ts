/** `ringwatch sim` with an experiment: runs it, under one set of rules or several, and gives what was asked for. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ExperimentOptions, ExperimentResult } from '../../sim/experiment/experiment.ts';
import { runExperiment } from '../../sim/experiment/run-experiment.ts';
import { summarize } from '../../sim/experiment/summary.ts';
import { formatDuration } from '../durations.ts';
import { exitCodes } from '../failure.ts';
import { paintFor, print, printJson } from '../terminal.ts';
import { deathsCsv } from './deaths-csv.ts';
import { describeExperiment, describeScenario } from './description.ts';
import { figure } from './figures.ts';
import { type OutputFile, openOutput } from './output-file.ts';
import { openProgress, type Progress } from './progress.ts';
import { rulesWords } from './rules-words.ts';
import type { ExperimentRequest, SimRequest } from './sim-request.ts';
import { summaryText } from './summary-text.ts';

type Request = SimRequest & ExperimentRequest;

/** How the run came about, for those who read of it. */
export interface Origin {
  /** The line that makes the same numbers again. */
  readonly command: string;
  readonly version: string;
}

/** Runs it; resolves to the exit code, or to null when it was interrupted: then nothing was written. */
export async function runExperiments(
  request: Request,
  origin: Origin,
  signal: AbortSignal,
): Promise<number | null> {
  const outputs: OutputFile[] = [];
  const open = async (path: string | null): Promise<OutputFile | null> => {
    if (path === null) return null;
    const output = await openOutput(path);
    outputs.push(output);
    return output;
  };
  try {
    const csv = await open(request.csv);
    const page = await open(request.html);
    const beganAt = performance.now();
    const results = await runAll(request, signal);
    if (signal.aborted) return null;
    const wallMs = Math.round(performance.now() - beganAt);
    await csv?.write(deathsCsv(results));
    if (page !== null) {
      const { reportPage } = await import('./report/page.ts');
      await page.write(reportPage({ results, ...origin, scenario: describeScenario(request.scenario) }));
    }
    tell(results, request, origin, wallMs);
    return exitCodes.done;
  } finally {
    for (const output of outputs) await output.close();
  }
}

async function runAll({ experiments, isTraced }: Request, signal: AbortSignal): Promise<ExperimentResult[]> {
  const progress = openProgress();
  const results: ExperimentResult[] = [];
  try {
    for (const options of experiments) {
      if (signal.aborted) break;
      progress.restart();
      results.push(await runOne(options, isTraced, progress, signal));
    }
  } finally {
    progress.end();
  }
  return results;
}

function runOne(
  options: ExperimentOptions,
  isStoryKept: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<ExperimentResult> {
  return runExperiment(options, {
    isStoryKept,
    breathe: () => turn(),
    isStopped: () => signal.aborted,
    onProgress: (virtualMs, ofMs) =>
      progress.show({
        title: rulesWords[options.rules],
        part: virtualMs / ofMs,
        done: `${formatDuration(virtualMs)} of ${formatDuration(ofMs)}`,
        virtualMs,
      }),
  });
}

/** Says where few can have been watched, since many had not joined when the measured time began. */
function absences(results: readonly ExperimentResult[]): string[] {
  return results.flatMap(({ options: { rules, nodes, faults, lossRate }, joinedCount }) => {
    const laterCount = faults.reduce(
      (sum, fault) => sum + (fault.kind === 'join' ? fault.nodeIds.length : 0),
      0,
    );
    if (joinedCount >= (nodes - laterCount) / 2) return [];
    const why = lossRate > 0 ? ', since messages are lost from the start' : '';
    return [
      `Of ${rulesWords[rules]}, ${joinedCount} of ${nodes} nodes had joined when the measured time began${why}: the figures tell little.`,
    ];
  });
}

function tell(
  results: readonly ExperimentResult[],
  { isJson, isTraced, scenario, csv, html }: Request,
  { command, version }: Origin,
  wallMs: number,
): void {
  if (isJson) {
    for (const { options, story } of results) {
      for (const line of story) printJson({ kind: 'story', rules: options.rules, line });
    }
    const told = results.map(({ story: _, ...result }) => ({
      ...result,
      summary: summarize({ ...result, story: [] }),
    }));
    printJson({ kind: 'result', version, command, scenario, results: told, wallMs });
    return;
  }
  const paint = paintFor(process.stdout);
  if (isTraced) {
    for (const { options, story } of results) {
      if (results.length > 1) print(paint('strong', `${rulesWords[options.rules]}:`));
      print(`${story.join('\n')}\n`);
    }
  }
  const [first] = results;
  if (first === undefined) return;
  const virtualMs = first.options.warmUpMs + first.options.durationMs;
  const span = `${results.length === 1 ? '' : `${results.length} times `}${formatDuration(virtualMs)}`;
  const speed = `${span} in ${formatDuration(wallMs)}, ${figure((results.length * virtualMs) / Math.max(1, wallMs))} × real time`;
  const about = describeScenario(scenario);
  if (about !== null) print(about);
  print(paint('strong', describeExperiment(first.options)));
  print(paint('quiet', `${speed}; the warm-up of ${formatDuration(first.options.warmUpMs)} is not measured`));
  for (const line of absences(results)) print(paint('warning', line));
  print(`\n${summaryText(results, paint)}`);
  const written = [csv, html].filter((path) => path !== null);
  if (written.length > 0) print(`\nWritten: ${written.join(', ')}`);
}
