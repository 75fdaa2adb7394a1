/** What can be taken from a plan of the swarm: each reduction gives a plan that is valid and smaller. */
import { ConfigError, resolveSettings, type Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';
import type { SwarmPlan } from './plan.ts';

/** A list in a plan, of which parts can be taken away. */
export interface ListOfPlan {
  readonly countIn: (plan: SwarmPlan) => number;
  /** The plan without `count` items from the one at `first`; null when too few would be left. */
  readonly without: (plan: SwarmPlan, first: number, count: number) => SwarmPlan | null;
  /** In words, what is taken away. */
  readonly say: (plan: SwarmPlan, first: number, count: number) => string;
}

/** A reduction: what the plan is without, in words, and the plan. */
type Reduction = readonly [what: string, plan: SwarmPlan];

/** The faults of a plan. */
export const theFaults: ListOfPlan = {
  countIn: ({ faults }) => faults.length,
  without: (plan, first, count) => ({ ...plan, faults: cutOut(plan.faults, first, count) }),
  say: ({ faults }, first, count) =>
    faults
      .slice(first, first + count)
      .map(({ kind, at }) => `${kind} at ${at}`)
      .join(', '),
};

/** The nodes of a plan; what its faults do to those goes with them. One node stays. */
export const theNodes: ListOfPlan = {
  countIn: ({ options }) => nodeIdsOf(options.nodes).length,
  without: (plan, first, count) => {
    const kept = cutOut(nodeIdsOf(plan.options.nodes), first, count);
    return kept.length === 0 ? null : ofNodes(plan, kept);
  },
  say: ({ options }, first, count) =>
    nodeIdsOf(options.nodes)
      .slice(first, first + count)
      .join(', '),
};

/** The nodes that one fault befalls. One stays. */
export function theNodesOfFault(index: number): ListOfPlan {
  const idsIn = ({ faults }: SwarmPlan): readonly string[] => {
    const fault = faults[index];
    return fault !== undefined && 'nodeIds' in fault ? fault.nodeIds : [];
  };
  return {
    countIn: (plan) => idsIn(plan).length,
    without: (plan, first, count) => {
      const nodeIds = cutOut(idsIn(plan), first, count);
      return nodeIds.length === 0 ? null : withFault(plan, index, { nodeIds });
    },
    say: (plan, first, count) =>
      `${plan.faults[index]?.kind} of ${idsIn(plan)
        .slice(first, first + count)
        .join(', ')}`,
  };
}

/** What of a world's options may be left out, in words. */
const extras: readonly (readonly [keyof WorldOptions, string])[] = [
  ['network', 'loss and odd latency'],
  ['registry', 'faults of the registry'],
  ['clocks', 'wrong clocks'],
  ['handler', 'another handler than the usual one'],
  ['startWithinMs', 'late starts'],
  ['rejoinAfterMs', 'late returns'],
  ['laterNodes', 'nodes that join later'],
  ['regions', 'regions'],
];

/** Plans in plainer weather, with plainer settings, or with an end as usual. */
export function* plainerPlans(plan: SwarmPlan): Generator<Reduction> {
  const { options, faults } = plan;
  const found = extras.filter(([name]) => Object.hasOwn(options, name));
  const all = found.map(([name]) => name);
  if (found.length > 1) yield ['all weather', { ...plan, options: leftOut(options, all) }];
  for (const [name, what] of found) yield [what, { ...plan, options: leftOut(options, [name]) }];
  const edits = Object.keys(options.settings ?? {});
  if (edits.length > 1) yield* withSettings(plan, 'all edits of settings', {});
  for (const edit of edits)
    yield* withSettings(plan, `the edit of ${edit}`, leftOut(options.settings ?? {}, [edit]));
  if (plan.endsWithRestart) yield ['the restart at the end', { ...plan, endsWithRestart: false }];
  if (plan.endsWithClockStep) yield ['the clock step at the end', { ...plan, endsWithClockStep: false }];
  for (const [index, fault] of faults.entries()) {
    if (!('backAfterMs' in fault) || fault.backAfterMs === null) continue;
    yield [`the return after fault ${index + 1}`, withFault(plan, index, { backAfterMs: null })];
  }
}

/** Fields of faults that say how long they last. */
const lengths = ['durationMs', 'backAfterMs', 'downForMs', 'agoMs'] as const;

/** Plans with faults that come sooner, end sooner, and are over sooner. */
export function* shorterPlans(plan: SwarmPlan): Generator<Reduction> {
  const { faults, faultsBeginAt, faultsEndAt, settings } = plan;
  // What happens before may be needed as it is, such as rows from before the start.
  const isMovable = ({ at }: PlannedFault): boolean => at >= faultsBeginAt;
  const firstAt = Math.min(faultsEndAt, ...faults.filter(isMovable).map(({ at }) => at));
  const lastAt = Math.max(faultsBeginAt, ...faults.map(({ at }) => at));
  const earlierMs = firstAt - faultsBeginAt;
  if (faults.length > 0 && earlierMs > 0) {
    const earlier = faults.map((fault) =>
      isMovable(fault) ? { ...fault, at: fault.at - earlierMs } : fault,
    );
    yield [
      'the time before the first fault',
      { ...plan, faults: earlier, faultsEndAt: faultsEndAt - earlierMs },
    ];
  }
  for (const part of [0, 1 / 4, 1 / 2]) {
    const endAt = Math.round(lastAt + 1 + part * (faultsEndAt - lastAt - 1));
    if (faultsEndAt - endAt > settings.probeIntervalMs)
      yield [`time, so that faults end at ${endAt}`, { ...plan, faultsEndAt: endAt }];
  }
  for (const [index, fault] of faults.entries()) {
    const facts: Readonly<Record<string, unknown>> = { ...fault };
    for (const name of lengths) {
      const value = facts[name];
      if (typeof value !== 'number' || value <= 2 * settings.probeIntervalMs) continue;
      for (const part of [1 / 8, 1 / 2]) {
        const shorter = Math.round(value * part);
        yield [
          `a part of fault ${index + 1}: ${name} ${shorter}`,
          withFault(plan, index, { [name]: shorter }),
        ];
      }
    }
  }
}

/** Plans whose instants and lengths are round numbers, for those who read them. */
export function* roundedPlans(plan: SwarmPlan): Generator<Reduction> {
  for (const unitMs of [1_000, 100]) {
    for (const [index, fault] of plan.faults.entries()) {
      const facts: Readonly<Record<string, unknown>> = { ...fault };
      for (const name of ['at', ...lengths]) {
        const value = facts[name];
        if (typeof value !== 'number' || value % 100 === 0) continue;
        const round = Math.round(value / unitMs) * unitMs;
        if (name === 'at' && (round > plan.faultsEndAt || round === 0)) continue;
        yield [
          `odd numbers: ${name} ${round} of fault ${index + 1}`,
          withFault(plan, index, { [name]: round }),
        ];
      }
    }
  }
}

function ofNodes(plan: SwarmPlan, kept: readonly string[]): SwarmPlan {
  const { options, faults } = plan;
  const isKept = (id: string): boolean => kept.includes(id) || id === registryHost;
  const { clocks, laterNodes, regions } = options;
  return {
    ...plan,
    options: {
      ...options,
      nodes: kept,
      ...(laterNodes === undefined ? {} : { laterNodes: laterNodes.filter(isKept) }),
      ...(regions === undefined
        ? {}
        : { regions: Object.fromEntries(Object.entries(regions).filter(([id]) => isKept(id))) }),
      ...(clocks === undefined
        ? {}
        : { clocks: Object.fromEntries(Object.entries(clocks).filter(([id]) => isKept(id))) }),
    },
    faults: faults.flatMap((fault) => faultAmong(fault, isKept)),
  };
}

/** What is left of a fault when only some nodes are left. */
function faultAmong(fault: PlannedFault, isKept: (id: string) => boolean): PlannedFault[] {
  if ('nodeId' in fault) return isKept(fault.nodeId) ? [fault] : [];
  if ('nodeIds' in fault) {
    const nodeIds = fault.nodeIds.filter(isKept);
    return nodeIds.length === 0 ? [] : [{ ...fault, nodeIds }];
  }
  if (fault.kind === 'cut') {
    const [some, others] = [fault.some.filter(isKept), fault.others.filter(isKept)];
    return some.length === 0 || others.length === 0 ? [] : [{ ...fault, some, others }];
  }
  if (fault.kind === 'link') {
    const { from, to } = fault.fault;
    const ends = {
      ...(from === undefined ? {} : { from: from.filter(isKept) }),
      ...(to === undefined ? {} : { to: to.filter(isKept) }),
    };
    // A direction without hosts would be all hosts.
    if (ends.from?.length === 0 || ends.to?.length === 0) return [];
    return [{ ...fault, fault: { ...fault.fault, ...ends } }];
  }
  return [fault];
}

function* withSettings(plan: SwarmPlan, what: string, edits: Partial<Settings>): Generator<Reduction> {
  const settings = resolve(edits, plan.options);
  const { settings: _, ...rest } = plan.options;
  const left = Object.keys(edits).length === 0 ? {} : { settings: edits };
  if (settings !== null) yield [what, { ...plan, settings, options: { ...rest, ...left } }];
}

/** null when the settings that are left break a rule. */
function resolve(edits: Partial<Settings>, { preset }: WorldOptions): Settings | null {
  try {
    return resolveSettings({ ...edits, nodeId: 'any' }, preset);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

function withFault(plan: SwarmPlan, index: number, edits: Readonly<Record<string, unknown>>): SwarmPlan {
  const faults = plan.faults.map((fault, place) =>
    place === index ? ({ ...fault, ...edits } as PlannedFault) : fault,
  );
  return { ...plan, faults };
}

function leftOut<From extends object>(from: From, names: readonly string[]): From {
  return Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name))) as From;
}

function cutOut<Item>(items: readonly Item[], first: number, count: number): Item[] {
  return items.filter((_, index) => index < first || index >= first + count);
}
