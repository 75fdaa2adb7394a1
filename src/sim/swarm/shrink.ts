/**
 * Makes a failing plan smaller: fewer faults, fewer nodes, plainer weather and settings, less time. It must still break the
 * same promise. This is delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE
 * TSE 28(2), 2002). Not for: what a single reduction is (plan-reductions.ts).
 */
import type { PromiseName } from '../checkers/checker.ts';
import type { SwarmPlan } from './plan.ts';
import { PlanError } from './plan-json.ts';
import {
  type ListOfPlan,
  plainerPlans,
  roundedPlans,
  shorterPlans,
  theFaults,
  theNodes,
  theNodesOfFault,
} from './plan-reductions.ts';
import { runPlan, runTwins, type SwarmResult } from './run.ts';

/** One plan that was tried. */
export interface ShrinkStep {
  /** Plans run so far, and how many may be run. */
  readonly runCount: number;
  readonly limit: number;
  /** What the plan that was tried is without, in words. */
  readonly what: string;
  /** Whether it still fails; then it is the smallest so far. */
  readonly isKept: boolean;
  /** The smallest failing plan so far. */
  readonly plan: SwarmPlan;
}

export interface ShrinkOptions {
  /** Whether a smaller plan shows the same failure. Default: running it breaks the promise that the plan broke first. */
  readonly isStillFailing?: (plan: SwarmPlan) => boolean | Promise<boolean>;
  /** Hears of every plan that was tried. */
  readonly onStep?: (step: ShrinkStep) => void;
  /** How many plans are run at most. Default 400. */
  readonly limit?: number;
}

export interface ShrunkPlan {
  /** The smallest plan found that still fails. */
  readonly plan: SwarmPlan;
  /** The promise that it breaks; null when the caller judges. */
  readonly promise: PromiseName | null;
  /** Plans run. */
  readonly runCount: number;
  /** Whether nothing smaller is left to try; false when the limit ended the search. */
  readonly isSmallest: boolean;
}

/**
 * Looks for the smallest plan that still fails. The same plan and options give the same result.
 * Throws `PlanError` when the plan itself does not fail.
 */
export async function shrinkPlan(plan: SwarmPlan, options: ShrinkOptions = {}): Promise<ShrunkPlan> {
  const { limit = 400 } = options;
  let promise: PromiseName | null = null;
  let { isStillFailing } = options;
  let runCount = 0;
  if (isStillFailing === undefined) {
    const broken = (await runTwins(plan)).broken[0];
    runCount++;
    if (broken === undefined) throw notFailing();
    promise = broken.promise;
    isStillFailing = async (smaller) => doesBreak(await run(smaller, broken.promise), broken.promise);
  } else {
    runCount++;
    if (!(await isStillFailing(plan))) throw notFailing();
  }
  // The names of groups of faults say nothing once some of their faults are gone, and change nothing that happens.
  const search = new Search({ ...plan, hardships: [] }, isStillFailing, options.onStep, runCount, limit);
  await search.run();
  const { isAtLimit } = search;
  return { plan: search.plan, promise, runCount: search.runCount, isSmallest: !isAtLimit };
}

function run(plan: SwarmPlan, promise: PromiseName): Promise<SwarmResult> {
  return promise === 'S7' ? runTwins(plan) : runPlan(plan);
}

function doesBreak({ broken }: SwarmResult, wanted: PromiseName): boolean {
  return broken.some(({ promise }) => promise === wanted);
}

function notFailing(): PlanError {
  const message = 'expected a plan that fails, got one that does not; only a failure can be made smaller';
  return new PlanError([{ path: 'the plan', message }]);
}

class Search {
  plan: SwarmPlan;
  runCount: number;
  readonly #isStillFailing: (plan: SwarmPlan) => boolean | Promise<boolean>;
  readonly #onStep: ((step: ShrinkStep) => void) | undefined;
  readonly #limit: number;

  constructor(
    plan: SwarmPlan,
    isStillFailing: (plan: SwarmPlan) => boolean | Promise<boolean>,
    onStep: ((step: ShrinkStep) => void) | undefined,
    runCount: number,
    limit: number,
  ) {
    this.plan = plan;
    this.runCount = runCount;
    this.#isStillFailing = isStillFailing;
    this.#onStep = onStep;
    this.#limit = limit;
  }

  get isAtLimit(): boolean {
    return this.runCount >= this.#limit;
  }

  /** Takes away until a whole turn has found nothing, what costs most to run first. */
  async run(): Promise<void> {
    let before: SwarmPlan;
    do {
      before = this.plan;
      await this.#shorten(theFaults);
      await this.#shorten(theNodes);
      for (let index = 0; index < this.plan.faults.length; index++) {
        await this.#shorten(theNodesOfFault(index));
      }
      await this.#each(plainerPlans);
      await this.#each(shorterPlans);
    } while (this.plan !== before && !this.isAtLimit);
    await this.#each(roundedPlans);
  }

  /** Takes parts of a list away: all of it, halves, quarters, and so on to single items. */
  async #shorten(list: ListOfPlan): Promise<void> {
    for (let size = list.countIn(this.plan); size >= 1; size = Math.floor(size / 2)) {
      let first = 0;
      while (first < list.countIn(this.plan)) {
        const smaller = list.without(this.plan, first, size);
        const isKept = smaller !== null && (await this.#try(list.say(this.plan, first, size), smaller));
        if (!isKept) first += size;
      }
    }
  }

  /** Tries every reduction once; each is made from the smallest plan so far. */
  async #each(reductionsOf: (plan: SwarmPlan) => Iterable<readonly [string, SwarmPlan]>): Promise<void> {
    const tried = new Set<string>();
    for (;;) {
      const next = [...reductionsOf(this.plan)].find(([what]) => !tried.has(what));
      if (next === undefined) return;
      tried.add(next[0]);
      await this.#try(...next);
    }
  }

  async #try(what: string, smaller: SwarmPlan): Promise<boolean> {
    if (this.isAtLimit) return false;
    this.runCount++;
    const isKept = await this.#isStillFailing(smaller);
    if (isKept) this.plan = smaller;
    this.#onStep?.({ runCount: this.runCount, limit: this.#limit, what, isKept, plan: this.plan });
    return isKept;
  }
}
