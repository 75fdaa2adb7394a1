/**
 * The experiments with a name: what papers and rivals were measured with, and what operators ask. Each is built for a
 * seed and a number of nodes; who is hit is drawn from the seed.
 * Not for: the grid of which `slow-processes` is one cell (slow-grid.ts).
 */
import { registryHost } from '../network.ts';
import { type SeededRandom, seededRandom } from '../random.ts';
import { nodeIdsOf } from '../world.ts';
import type { ExperimentOptions } from './experiment.ts';
import { idsInARow, partOf, racksOf } from './node-groups.ts';

/** An experiment with a name. */
export interface ExperimentPreset {
  /** In kebab case. */
  readonly name: string;
  /** One line, in words. */
  readonly description: string;
  /** How many nodes it has unless another number is asked for. */
  readonly nodes: number;
  /** Its options; what it leaves out is as `experimentOptions` has it. */
  readonly build: (scale: ExperimentScale) => Partial<ExperimentOptions>;
}

/** What an experiment with a name is built for. */
export interface ExperimentScale {
  readonly seed: number;
  readonly nodes: number;
}

const minuteMs = 60_000;

/** When the fault comes, after the warm-up. */
const faultAt = minuteMs;

interface Cast {
  readonly nodeIds: readonly string[];
  readonly random: SeededRandom;
}

function preset(
  name: string,
  description: string,
  nodes: number,
  build: (cast: Cast) => Partial<ExperimentOptions>,
): ExperimentPreset {
  return {
    name,
    description,
    nodes,
    build: (scale) =>
      build({ nodeIds: nodeIdsOf(scale.nodes), random: seededRandom(scale.seed, `scenario ${name}`) }),
  };
}

/** Nodes die with their machines at one instant and stay away. */
function massDeath(nodeIds: readonly string[], durationMs: number): Partial<ExperimentOptions> {
  return {
    durationMs,
    faults: [{ at: faultAt, kind: 'crash', nodeIds, how: 'machine', backAfterMs: null }],
  };
}

/** A part of the nodes hears badly: this is wrong with what is sent to them. */
function badIngress(
  { nodeIds, random }: Cast,
  wrong: {
    readonly lossRate: number;
    readonly flipFlop?: { readonly badMs: number; readonly goodMs: number };
  },
): Partial<ExperimentOptions> {
  const fault = { to: partOf(nodeIds, 0.01, random), ...wrong };
  const durationMs = 10 * minuteMs;
  return {
    preset: 'lan',
    durationMs,
    faults: [{ at: faultAt, kind: 'link', fault, durationMs: durationMs - faultAt }],
  };
}

/** The cell of the grid that has a scenario of its own. */
const slowCell = { members: 16, stallMs: 8_192, freeMs: 64 } as const;

/** Some nodes stall together again and again, all the time that is measured: two minutes, with the settings `lan`. */
export function slowProcesses(
  { seed, nodes }: ExperimentScale,
  cell: { readonly members: number; readonly stallMs: number; readonly freeMs: number },
  timers: 'stop' | 'go-on',
): Partial<ExperimentOptions> {
  const durationMs = 2 * minuteMs;
  const nodeIds = seededRandom(seed, 'slow processes').sample(nodeIdsOf(nodes), cell.members);
  const { stallMs, freeMs } = cell;
  return {
    seed,
    nodes,
    preset: 'lan',
    durationMs,
    faults: [{ at: 0, kind: 'slow', nodeIds, durationMs, stallMs, freeMs, timers }],
  };
}

/** Every experiment with a name. */
export const experimentPresets: readonly ExperimentPreset[] = [
  preset('ten-crashes', 'ten machines anywhere die at one instant', 1_000, ({ nodeIds, random }) =>
    massDeath(random.sample(nodeIds, 10), 10 * minuteMs),
  ),
  preset(
    'ten-in-a-row',
    'ten machines with consecutive ids die at one instant',
    1_000,
    ({ nodeIds, random }) => massDeath(idsInARow(nodeIds, 10, random), 15 * minuteMs),
  ),
  preset(
    'fifty-in-a-row',
    'fifty machines with consecutive ids die at one instant',
    1_000,
    ({ nodeIds, random }) => massDeath(idsInARow(nodeIds, 50, random), 15 * minuteMs),
  ),
  preset('quarter-at-once', 'a quarter of the machines die at one instant', 1_000, ({ nodeIds, random }) =>
    massDeath(partOf(nodeIds, 0.25, random), 15 * minuteMs),
  ),
  preset(
    'ingress-flip-flop',
    'one node in a hundred hears nothing for 20 s, all for 20 s, and so on',
    1_000,
    (cast) => badIngress(cast, { lossRate: 1, flipFlop: { badMs: 20_000, goodMs: 20_000 } }),
  ),
  preset('heavy-loss', 'one node in a hundred loses 80 % of what is sent to it', 1_000, (cast) =>
    badIngress(cast, { lossRate: 0.8 }),
  ),
  {
    name: 'slow-processes',
    description: 'sixteen nodes stall 8.2 s again and again: messages wait, timers go on',
    nodes: 128,
    build: (scale) => slowProcesses(scale, slowCell, 'go-on'),
  },
  {
    name: 'slow-processes-stalled',
    description: 'the same with an event loop that is blocked: timers stop too',
    nodes: 128,
    build: (scale) => slowProcesses(scale, slowCell, 'stop'),
  },
  preset(
    'cluster-restart',
    'all processes end at one instant and start again a minute later; later one machine dies',
    100,
    ({ nodeIds, random }) => ({
      durationMs: 30 * minuteMs,
      faults: [
        { at: faultAt, kind: 'restart-all', downForMs: minuteMs },
        {
          at: 15 * minuteMs,
          kind: 'crash',
          nodeIds: [random.pick(nodeIds)],
          how: 'machine',
          backAfterMs: null,
        },
      ],
    }),
  ),
  preset(
    'rack-cut-off',
    'one rack of five is cut off from all others and from the registry for ten minutes',
    100,
    ({ nodeIds, random }) => {
      const rack = random.pick(racksOf(nodeIds, 5, 'in-a-row'));
      const others = nodeIds.filter((id) => !rack.includes(id));
      return {
        durationMs: 20 * minuteMs,
        faults: [
          {
            at: faultAt,
            kind: 'cut',
            some: rack,
            others: [...others, registryHost],
            durationMs: 10 * minuteMs,
          },
        ],
      };
    },
  ),
  preset(
    'split-in-halves',
    'two halves do not reach one another for ten minutes; both reach the registry',
    100,
    ({ nodeIds, random }) => {
      const some = partOf(nodeIds, 0.5, random);
      const others = nodeIds.filter((id) => !some.includes(id));
      return {
        durationMs: 20 * minuteMs,
        faults: [{ at: faultAt, kind: 'cut', some, others, durationMs: 10 * minuteMs }],
      };
    },
  ),
  preset(
    'isolated-member',
    'one node is cut off from everything for a minute, then healed',
    100,
    ({ nodeIds, random }) => {
      const nodeId = random.pick(nodeIds);
      const others = nodeIds.filter((id) => id !== nodeId);
      return {
        durationMs: 15 * minuteMs,
        faults: [
          {
            at: faultAt,
            kind: 'cut',
            some: [nodeId],
            others: [...others, registryHost],
            durationMs: minuteMs,
          },
        ],
      };
    },
  ),
  preset('loss-everywhere', 'every fifth message of all is lost, for an hour', 100, () => ({
    lossRate: 0.2,
  })),
];

/** The experiment of that name; undefined when there is none. */
export function findPreset(name: string): ExperimentPreset | undefined {
  return experimentPresets.find((one) => one.name === name);
}
