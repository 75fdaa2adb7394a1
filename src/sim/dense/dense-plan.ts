/**
 * A dense world drawn from one seed: a small cluster with the numbers of a preset as they are. Each of its nodes goes from
 * one disturbance into the next, and a few nodes really die. Not for: any other hardship, which the swarm has.
 */
import {
  type PresetName,
  resolveSettings,
  type Settings,
  timeToDeathMs,
} from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { latencies } from '../latency.ts';
import { type SeededRandom, seededRandom } from '../random.ts';
import { nodeIdsOf, type WorldOptions } from '../world.ts';
import { breathMs, type DenseMix, drawDisturbance } from './disturbances.ts';

/** Presets whose promises hold in a dense world; `original` has no refutation. */
export const densePresets = ['default', 'lan', 'wan', 'local'] as const satisfies readonly PresetName[];

export type DensePreset = (typeof densePresets)[number];

export interface DensePlan {
  readonly seed: number;
  readonly options: WorldOptions;
  readonly settings: Settings;
  readonly mix: DenseMix;
  readonly faults: readonly PlannedFault[];
  readonly endAt: number;
  /** How many disturbances there are, by name. */
  readonly disturbanceCounts: Readonly<Record<string, number>>;
}

/** When a node really dies, and when it is back. */
interface Death {
  readonly nodeId: string;
  readonly at: number;
  readonly backAt: number;
}

/** Draws the world of a seed. `edits`: settings that differ from the preset. Throws `ConfigError` for those that break a rule. */
export function densePlan(
  seed: number,
  preset: DensePreset,
  edits: Partial<Omit<Settings, 'nodeId'>> = {},
): DensePlan {
  const random = seededRandom(seed, 'dense');
  const settings = resolveSettings({ ...edits, nodeId: 'any' }, preset);
  const nodeIds = nodeIdsOf(random.stream('size').pick([5, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30]));
  const beginAt = settings.startupGracePeriodMs + 3 * settings.probeIntervalMs;
  const deaths = drawDeaths(random.stream('deaths'), nodeIds, settings, beginAt);
  const endAt = Math.max(beginAt + 40 * settings.probeIntervalMs, ...deaths.map(({ backAt }) => backAt));
  const mix = random.stream('mix').pick<DenseMix>(['stalls', 'refusals', 'both']);
  const counts: Record<string, number> = {};
  const lossRate = random.stream('loss').pick([0, 0, 0.01]);
  // Not on the way to the registry: there a lost message stays lost, which no TCP connection knows.
  const loss = { from: nodeIds, to: nodeIds, lossRate };
  const faults: PlannedFault[] =
    lossRate === 0 ? [] : [{ at: 0, kind: 'link', fault: loss, durationMs: endAt }];
  for (const { nodeId, at, backAt } of deaths) {
    const how = random.stream(`death at ${at}`).pick(['process', 'machine'] as const);
    faults.push({ at, kind: 'crash', nodeIds: [nodeId], how, backAfterMs: backAt - at });
  }
  for (const nodeId of nodeIds) {
    const own = random.stream(`node ${nodeId}`);
    const others = nodeIds.filter((id) => id !== nodeId);
    let at = beginAt + own.integer(0, settings.probeIntervalMs);
    while (at < endAt) {
      const {
        name,
        faults: drawn,
        endAt: overAt,
      } = drawDisturbance(own, mix, {
        ...{ nodeId, others, at, settings },
      });
      const death = deaths.find((one) => one.nodeId === nodeId && overAt >= one.at && at <= one.backAt);
      if (death === undefined) {
        counts[name] = (counts[name] ?? 0) + 1;
        faults.push(...drawn);
        at = Math.round(overAt + breathMs(settings) * own.between(1, 1.5));
      } else at = death.backAt + settings.probeIntervalMs;
    }
  }
  return {
    seed,
    settings,
    mix,
    endAt,
    faults: faults.toSorted((one, other) => one.at - other.at),
    disturbanceCounts: counts,
    options: {
      seed,
      nodes: nodeIds,
      preset,
      settings: edits,
      network: { latency: preset === 'wan' ? latencies.wan : latencies.lan },
      startWithinMs: settings.probeIntervalMs,
      rejoinAfterMs: settings.probeIntervalMs,
    },
  };
}

/** Two or three of them, one after the other, so that the brake holds none of them. */
function drawDeaths(
  random: SeededRandom,
  nodeIds: readonly string[],
  settings: Settings,
  beginAt: number,
): Death[] {
  const deathMs = timeToDeathMs(settings) + settings.answerWindowMs + settings.probeIntervalMs;
  let at = beginAt + random.between(1, 5) * settings.probeIntervalMs;
  return random.sample(nodeIds, random.integer(2, 3)).map((nodeId) => {
    const death = { nodeId, at: Math.round(at), backAt: Math.round(at + 2 * deathMs) };
    at = death.backAt + 1.2 * settings.brakeReturnMs + random.between(1, 5) * settings.probeIntervalMs;
    return death;
  });
}
