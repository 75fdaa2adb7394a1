/** The simulator as a library: whole clusters in virtual time, experiments with them, and worlds drawn from a seed. */
export type {
  ExperimentOptions,
  ExperimentResult,
  FalseAccusation,
  MeasuredCost,
  MeasuredDeath,
  Rules,
  TimelineSlice,
} from './experiment/experiment.ts';
export {
  type ExperimentInput,
  ExperimentOptionsError,
  experimentOptions,
} from './experiment/experiment-options.ts';
export { idsInARow, partOf, racksOf } from './experiment/node-groups.ts';
export { type ExperimentPreset, type ExperimentScale, experimentPresets } from './experiment/presets.ts';
export { type ExperimentWatch, runExperiment } from './experiment/run-experiment.ts';
export { runSlowGrid, type SlowCell, type SlowGrid, slowGrid } from './experiment/slow-grid.ts';
export { type ExperimentSummary, type FalseCounts, type Spread, summarize } from './experiment/summary.ts';
export { type PlannedFault, schedule } from './fault-plan.ts';
export type { HistoryEntry } from './history.ts';
export { always, evenly, type Latency, latencies } from './latency.ts';
export { type LinkFault, registryHost } from './network.ts';
export type { ClockFaults } from './process.ts';
export { type SeededRandom, seededRandom } from './random.ts';
export type { HandlerBehaviour } from './ringwatch-program.ts';
export { storyLine } from './story.ts';
export { runSwarmSeed, type SwarmResult } from './swarm/run.ts';
export type { RegistryFaults } from './virtual-registry.ts';
export { nodeIdsOf, World, type WorldOptions } from './world.ts';
