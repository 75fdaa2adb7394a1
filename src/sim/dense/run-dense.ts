/** Runs a dense world under the checkers of safety, and counts what befell the healthy, and how soon the dead were found. */
import type { DecideResult } from '../../core/reading.ts';
import { checkedWorld } from '../checkers/checked-world.ts';
import type { BrokenPromise } from '../checkers/checker.ts';
import { schedule } from '../fault-plan.ts';
import { latencies } from '../latency.ts';
import { registryHost } from '../network.ts';
import { ringwatchProgram } from '../ringwatch-program.ts';
import type { RuleOff } from '../rules-off.ts';
import { storyLine } from '../story.ts';
import type { DensePlan } from './dense-plan.ts';

/** One real death. Milliseconds. */
export interface DenseDeath {
  /** `process`: its machine lives and refuses. `machine`: nothing answers. */
  readonly how: 'process' | 'machine';
  /** From the crash to the verdict; null without one before the node was back. */
  readonly verdictMs: number | null;
}

/** What came of one seed. */
export interface DenseResult {
  readonly seed: number;
  readonly broken: readonly BrokenPromise[];
  readonly nodeCount: number;
  readonly disturbanceCounts: Readonly<Record<string, number>>;
  readonly deaths: readonly DenseDeath[];
  /** `suspect`s about nodes whose process lived. */
  readonly accusationCount: number;
  /** `dead`s about them. */
  readonly wrongVoteCount: number;
  /** Verdicts on them, which must be none. */
  readonly wrongVerdictCount: number;
  /** Verdicts on nodes that could not answer in the registry just then, while votes from a refusal stood. */
  readonly unforgivenCount: number;
  /** Virtual time that all nodes together have lived through. */
  readonly nodeMs: number;
  /** What happened, a line an event; only for a broken promise or a wrong verdict, or when asked for. */
  readonly story: readonly string[];
}

export interface DenseRun {
  /** Rules that the nodes go without. Default: none. */
  readonly without?: readonly RuleOff[];
  readonly isStoryKept?: boolean;
}

/** Runs the plan. The same plan gives the same result. */
export async function runDense(
  plan: DensePlan,
  { without = [], isStoryKept = false }: DenseRun = {},
): Promise<DenseResult> {
  const { seed, options, settings, mix, faults, endAt, disturbanceCounts } = plan;
  const deaths: {
    nodeId: string;
    epoch: number;
    at: number;
    how: DenseDeath['how'];
    verdictMs: number | null;
  }[] = [];
  const wrong = { accusations: 0, votes: 0, verdicts: 0, unforgiven: 0 };
  const wasOut = outOfReach(plan);
  const program = ringwatchProgram({
    preset: options.preset ?? 'default',
    settings: options.settings ?? {},
    handler: { takes: latencies.second, failureRate: 0 },
    without,
  });
  const { world, broken } = checkedWorld(
    {
      ...options,
      program,
      registryTaps: [
        ({ method, at }, result) => {
          const decided = result as DecideResult;
          if (method !== 'decide' || decided.outcome !== 'dead' || !decided.isNew) return;
          const { nodeId, epoch } = decided.verdict;
          if (isAlive(nodeId, epoch)) {
            if (mix === 'both' && wasOut(nodeId, at)) wrong.unforgiven++;
            else wrong.verdicts++;
          }
          const death = deaths.find((one) => one.nodeId === nodeId && one.epoch === epoch);
          if (death !== undefined) death.verdictMs ??= at - death.at;
        },
      ],
    },
    settings,
    (promise) => promise.startsWith('S'),
  );
  const isAlive = (nodeId: string, epoch: number): boolean => {
    const { status, epoch: present } = world.node(nodeId);
    return status === 'on' && present === epoch;
  };
  world.history.listen((entry) => {
    if (entry.kind === 'crashed') {
      const { nodeId, epoch, at } = entry;
      const how = entry.detail === 'machine' ? 'machine' : 'process';
      if (epoch > 0) deaths.push({ nodeId, epoch, at, how, verdictMs: null });
    } else if (entry.kind === 'suspect' || entry.kind === 'dead') {
      if (!isAlive(entry.event.targetId, entry.event.targetEpoch)) return;
      if (entry.kind === 'suspect') wrong.accusations++;
      else wrong.votes++;
    }
  });
  schedule(world, faults);
  await world.runFor(endAt);
  const isStoryWanted = isStoryKept || broken.length > 0 || wrong.verdicts > 0;
  return {
    seed,
    broken,
    nodeCount: world.nodes.size,
    disturbanceCounts,
    deaths: deaths.map(({ how, verdictMs }) => ({ how, verdictMs })),
    accusationCount: wrong.accusations,
    wrongVoteCount: wrong.votes,
    wrongVerdictCount: wrong.verdicts,
    unforgivenCount: wrong.unforgiven,
    nodeMs: world.now * world.nodes.size,
    story: isStoryWanted ? world.history.entries.map(storyLine) : [],
  };
}

/**
 * Says whether a node stood still, or was cut off from the registry, within the time before an instant in which it had to
 * answer. A call that was under way then hangs until its time-out.
 */
function outOfReach({ faults, settings }: DensePlan): (nodeId: string, at: number) => boolean {
  const afterMs = settings.answerWindowMs + settings.registryTimeoutMs;
  const spells = new Map<string, { readonly fromAt: number; readonly toAt: number }[]>();
  for (const fault of faults) {
    const nodeId =
      fault.kind === 'pause'
        ? fault.nodeId
        : fault.kind === 'cut' && fault.others.includes(registryHost)
          ? fault.some[0]
          : undefined;
    if (nodeId === undefined || !('durationMs' in fault)) continue;
    const spell = { fromAt: fault.at, toAt: fault.at + fault.durationMs + afterMs };
    spells.set(nodeId, [...(spells.get(nodeId) ?? []), spell]);
  }
  return (nodeId, at) => spells.get(nodeId)?.some(({ fromAt, toAt }) => fromAt <= at && at <= toAt) ?? false;
}
