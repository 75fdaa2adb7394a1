/** Runs an experiment: the world that its options describe, its faults, and a recorder that takes down what happens. */
import type { Settings } from '../../core/settings/config.ts';
import { laterNodesOf, type PlannedFault, schedule } from '../fault-plan.ts';
import type { HistoryEntry } from '../history.ts';
import { seededRandom } from '../random.ts';
import { storyLine } from '../story.ts';
import { nodeIdsOf, World } from '../world.ts';
import type { ExperimentOptions, ExperimentResult } from './experiment.ts';
import { sideOf } from './observe.ts';
import { bytesPerProbe } from './probe-bytes.ts';
import { Recorder } from './recorder.ts';
import { confirmWithinMs, sharedSettings } from './shared-settings.ts';
import { sicknessOf } from './sickness.ts';

/** What a caller may do with a run while it lasts. */
export interface ExperimentWatch {
  /** Told again and again how much virtual time has passed, the warm-up included. */
  readonly onProgress?: (virtualMs: number, ofMs: number) => void;
  /** Awaited as often: a caller with an event loop lets it turn here. */
  readonly breathe?: () => Promise<void>;
  /** Asked as often; once true, the run ends early with what it has. */
  readonly isStopped?: () => boolean;
  /** Whether the result holds the story. Default false. */
  readonly isStoryKept?: boolean;
}

/** How many slices the measured time is cut into. */
const sliceCount = 120;

/** After so many events the caller may breathe: some hundredths of a second. */
const eventsPerBreath = 10_000;

const yearMs = 365.25 * 86_400_000;

/** Runs it. `options` come from `experimentOptions`; the same options give the same result. */
export async function runExperiment(
  options: ExperimentOptions,
  watch: ExperimentWatch = {},
): Promise<ExperimentResult> {
  const { warmUpMs, durationMs } = options;
  const settings = sharedSettings(options);
  const sliceMs = durationMs / sliceCount;
  const recorder = new Recorder({
    now: () => world.now,
    beginAt: warmUpMs,
    sliceMs,
    sliceCount,
    isSick: sicknessOf(options.faults, settings),
    bytesPerProbe,
  });
  const side = sideOf(options, settings, recorder);
  const laterNodes = laterNodesOf(options.faults);
  const world: World = new World({
    seed: options.seed,
    nodes: options.nodes,
    laterNodes,
    network: { latency: options.latency, lossRate: options.lossRate },
    clocks: options.clocks,
    registry: options.registry,
    startWithinMs: Math.min(warmUpMs / 2, settings.probeIntervalMs),
    probeTaps: [{ began: () => recorder.probed() }],
    ...side.worldOptions,
  });
  side.watch(world);
  world.history.listen(({ kind, nodeId }) => {
    if (kind === 'crashed' || kind === 'ended') recorder.wentDown(nodeId);
  });
  const story: string[] = [];
  if (watch.isStoryKept === true) {
    world.history.listen((entry: HistoryEntry) => void story.push(storyLine(entry)));
    side.tell.run = (at, nodeId, text) =>
      void story.push(`${(at / 1_000).toFixed(3).padStart(10)}  ${nodeId}  ${text}`);
  }
  const plan = [...options.faults, ...drawCrashes(options, settings, laterNodes)];
  schedule(
    world,
    plan.map((fault) => ({ ...fault, at: fault.at + warmUpMs })),
  );

  const passTo = async (untilAt: number): Promise<boolean> => {
    while (world.now < untilAt) {
      const breathesAt = world.scheduler.ranCount + eventsPerBreath;
      await world.runUntil(() => world.scheduler.ranCount >= breathesAt, untilAt - world.now);
      watch.onProgress?.(world.now, warmUpMs + durationMs);
      await watch.breathe?.();
      if (watch.isStopped?.() === true) return false;
    }
    return true;
  };
  let goesOn = await passTo(warmUpMs);
  const joinedCount = joinedCountOf(world, options);
  for (let slice = 0; slice < sliceCount && goesOn; slice++) {
    recorder.sliceBegins(slice);
    goesOn = await passTo(warmUpMs + (slice + 1) * sliceMs);
  }
  const measuredMs = Math.max(0, Math.min(durationMs, world.now - warmUpMs));
  return {
    options,
    deaths: recorder.deaths,
    falseAccusations: recorder.falseAccusations,
    cost: recorder.cost,
    timeline: recorder.timeline,
    measuredMs,
    nodeYears: (options.nodes * measuredMs) / yearMs,
    joinedCount,
    story,
  };
}

/** Nodes that live, and have joined where the rules know that. */
function joinedCountOf(world: World, { rules }: ExperimentOptions): number {
  let count = 0;
  for (const { status, epoch } of world.nodes.values())
    if (status === 'on' && (epoch > 0 || rules === 'original')) count++;
  return count;
}

/**
 * The crashes that `crashCount` asks for. Each is at an even instant that leaves time to confirm it, of a node that no
 * earlier one of them holds down. Half of them take the machine along. Fewer where all nodes are down already.
 */
function drawCrashes(
  { seed, nodes, crashCount, backAfterMs, durationMs }: ExperimentOptions,
  settings: Settings,
  laterNodes: readonly string[],
): PlannedFault[] {
  const random = seededRandom(seed, 'experiment crashes');
  const nodeIds = nodeIdsOf(nodes).filter((id) => !laterNodes.includes(id));
  const lastAt = Math.max(durationMs / 2, durationMs - confirmWithinMs(settings));
  const instants = Array.from({ length: crashCount }, () => random.between(0, lastAt)).sort((a, b) => a - b);
  const backAt = new Map<string, number>();
  return instants.flatMap((at): PlannedFault[] => {
    const upIds = nodeIds.filter((id) => (backAt.get(id) ?? 0) <= at);
    if (upIds.length === 0) return [];
    const nodeId = random.pick(upIds);
    backAt.set(nodeId, at + backAfterMs);
    const how = random.pick(['process', 'machine'] as const);
    return [{ at, kind: 'crash', nodeIds: [nodeId], how, backAfterMs }];
  });
}
