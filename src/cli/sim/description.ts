/** An experiment in one sentence. Pure. */
import type { ExperimentOptions } from '../../sim/experiment/experiment.ts';
import { experimentPresets } from '../../sim/experiment/presets.ts';
import { type Latency, latencies } from '../../sim/latency.ts';
import { formatDuration } from '../durations.ts';
import { counted, percentage } from './figures.ts';
import { latencyNames } from './sim-flags.ts';

/** `100 nodes, preset lan, latency wan, 2 % loss, 5 crashes, for 24 h, seed 7`. */
export function describeExperiment(options: ExperimentOptions): string {
  const { nodes, preset, settings, latency, lossRate, crashCount, faults, durationMs, seed } = options;
  const changed = Object.keys(settings).length;
  return [
    counted(nodes, 'node'),
    `preset ${preset}${changed === 0 ? '' : ` with ${counted(changed, 'change')}`}`,
    `latency ${latencyText(latency)}`,
    ...(lossRate === 0 ? [] : [`${percentage(lossRate)} loss`]),
    ...(crashCount === 0 ? [] : [counted(crashCount, 'crash', 'crashes')]),
    ...(faults.length === 0 ? [] : [counted(faults.length, 'planned fault')]),
    `for ${formatDuration(durationMs)}`,
    `seed ${seed}`,
  ].join(', ');
}

/** `Scenario rack-cut-off: one rack of five …`; null where there is none. */
export function describeScenario(name: string | null): string | null {
  const scenario = experimentPresets.find((preset) => preset.name === name);
  return scenario === undefined ? null : `Scenario ${scenario.name}: ${scenario.description}.`;
}

function latencyText(latency: Latency): string {
  const name = latencyNames.find((candidate) => isSame(latencies[candidate], latency));
  if (name !== undefined) return name;
  const { leastMs, medianMs, mostMs } = latency;
  if (leastMs === mostMs) return formatDuration(mostMs);
  return `${formatDuration(leastMs)} to ${formatDuration(mostMs)}, median ${formatDuration(medianMs)}`;
}

function isSame(one: Latency, other: Latency): boolean {
  return (Object.keys(one) as (keyof Latency)[]).every((name) => one[name] === other[name]);
}
