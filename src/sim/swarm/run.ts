/**
 * Runs the world of a seed under every checker: first faults at will, with safety checked at every step; then the
 * faults end, one more node dies, and the healed cluster must make progress within a bound that the settings give.
 */
import { checkers } from '../checkers/all.ts';
import type { BrokenPromise, Checker, PromiseName } from '../checkers/checker.ts';
import { Ledger } from '../checkers/ledger.ts';
import { clockTwinOf, firstDifference } from '../checkers/s7-clocks-decide-nothing.ts';
import { restBoundMs } from '../checkers/time-bounds.ts';
import { schedule } from '../fault-plan.ts';
import { storyLine } from '../story.ts';
import { World } from '../world.ts';
import { type SwarmPlan, swarmPlan } from './plan.ts';

/** What came of one seed. */
export interface SwarmResult {
  readonly seed: number;
  readonly broken: readonly BrokenPromise[];
  readonly nodeCount: number;
  readonly faultCount: number;
  /** The same by kind. */
  readonly faultCounts: Readonly<Record<string, number>>;
  /** Groups of faults that were drawn as one, by name; their faults are among the others. */
  readonly hardshipCounts: Readonly<Record<string, number>>;
  readonly verdictCount: number;
  readonly recoveryCount: number;
  /** Virtual time that all nodes together have lived through. */
  readonly nodeMs: number;
  /** What happened, a line an event; only for a broken promise, or when asked for. */
  readonly story: readonly string[];
}

/** Every so many seeds the world's twin is run too. */
const twinEvery = 5;

/** Runs the world of that seed, and for some seeds its twin. The same seed gives the same result. */
export async function runSwarmSeed(seed: number, isStoryKept = false): Promise<SwarmResult> {
  const plan = swarmPlan(seed);
  if (seed % twinEvery !== 0) return runPlan(plan, isStoryKept);
  const result = await runTwins(plan);
  return isStoryKept || result.broken.length > 0 ? result : { ...result, story: [] };
}

/** Runs a plan, and once more with other wall clocks: that may change nothing (S7). */
export async function runTwins(plan: SwarmPlan): Promise<SwarmResult> {
  const result = await runPlan(plan, true);
  const { story } = await runPlan(clockTwinOf(plan), true);
  const message = firstDifference(result.story, story);
  if (message === null) return result;
  return { ...result, broken: [...result.broken, { promise: 'S7', at: 0, message }] };
}

/** Runs a plan that was made or changed by hand. */
export async function runPlan(plan: SwarmPlan, isStoryKept = false): Promise<SwarmResult> {
  const broken: BrokenPromise[] = [];
  const active: Checker[] = [];
  /**
   * Whether L3 is not asked: what was taken back may stand again. No reading could tell the backup from the present; or a copy of
   * a write from before the restore has come after it.
   */
  let isUnfound = false;
  const { lateRate = 0, duplicateRate = 0 } = plan.options.registry ?? {};
  const hasCopies = lateRate > 0 || duplicateRate > 0;
  const ledger = new Ledger(() => world.registry.now());
  const world: World = new World({
    ...plan.options,
    registryTaps: [
      (call, result) => {
        for (const checker of active) checker.onCall?.(call, result);
        ledger.apply(call, result);
        if (call.method === 'raise' && result === 'raised' && !hasCopies) isUnfound = false;
      },
    ],
    probeTaps: [
      {
        began: (probe) => {
          for (const checker of active) checker.onProbeBegan?.(probe);
        },
        ended: (probe, outcome) => {
          for (const checker of active) checker.onProbeEnded?.(probe, outcome);
        },
      },
    ],
  });
  world.registry.onRestore((toAt) => {
    isUnfound = true;
    ledger.restore(toAt);
    for (const checker of active) checker.restored?.(toAt);
  });
  for (const [promise, create] of Object.entries(checkers)) {
    const report = (message: string): void => {
      if (isUnfound && promise === 'L3') return;
      if (broken.length < 20) broken.push({ promise: promise as PromiseName, at: world.now, message });
    };
    active.push(create({ world, settings: plan.settings, ledger, report }));
  }
  world.network.connections.onTargetTold = ({ id }) => {
    for (const checker of active) checker.onObserverClosed?.(id);
  };
  world.history.listen((entry) => {
    for (const checker of active) checker.onHistory?.(entry);
  });

  schedule(world, plan.faults);
  await world.runFor(plan.faultsEndAt);
  await heal(world, plan, () => {
    for (const checker of active) checker.healed?.();
  });
  for (const checker of active) await checker.atRest?.();
  return {
    seed: plan.seed,
    broken,
    nodeCount: world.nodes.size,
    faultCount: plan.faults.length,
    faultCounts: countOf(plan.faults.map(({ kind }) => kind)),
    hardshipCounts: countOf(plan.hardships),
    verdictCount: ledger.verdicts.length,
    recoveryCount: world.history.of('handlerEnded').filter(({ outcome }) => outcome === 'completed').length,
    nodeMs: world.now * world.nodes.size,
    story: broken.length > 0 || isStoryKept ? world.history.entries.map(storyLine) : [],
  };
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Ends the faults, brings some nodes back, kills one more, and waits for as long as the settings allow. */
async function heal(
  world: World,
  { settings, faults, endsWithRestart, endsWithClockStep }: SwarmPlan,
  tell: () => void,
): Promise<void> {
  const random = world.random('healing');
  world.heal();
  if (endsWithRestart) for (const node of world.nodes.values()) if (node.isRunning) world.restart(node.id);
  for (const node of world.nodes.values()) {
    // What has never lived here is long gone.
    if (node.status !== 'on' && node.lifeCount > 0 && random.chance(0.7)) node.start();
  }
  await world.runFor(10 * settings.probeIntervalMs + settings.startupGracePeriodMs);
  if (endsWithClockStep) {
    // Until the next heartbeats no node is listed.
    world.registry.stepClock(Math.ceil(1.05 * settings.membershipWindowMs));
    await world.runFor(settings.heartbeatIntervalMs * world.random('last step').between(0.1, 0.7));
  }
  tell();
  const running = [...world.nodes.values()].filter(({ isRunning }) => isRunning);
  if (running.length >= 2 && random.chance(0.8))
    world.crash(random.pick(running).id, random.pick(['process', 'machine']));
  // Observers affirm the votes that a restored registry has forgotten.
  const forgottenMs = faults.some(({ kind }) => kind === 'restore') ? settings.quorumWindowMs : 0;
  await world.runFor(restBoundMs(settings, world.nodes.size) + forgottenMs);
}
