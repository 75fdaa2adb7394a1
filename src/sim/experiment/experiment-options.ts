/**
 * The options of an experiment: their defaults, their limits, and the rules across them. The library and the command
 * line both go through `experimentOptions`.
 * Not for: the settings of the monitors among them; core/settings has their rules.
 */
import {
  ConfigError,
  type PresetName,
  presets,
  type Settings,
  type Violation,
} from '../../core/settings/config.ts';
import { latencies } from '../latency.ts';
import { nodeIdsOf } from '../world.ts';
import type { ExperimentOptions, Rules } from './experiment.ts';
import { faultViolations, latencyViolation, numberViolation } from './fault-limits.ts';
import { experimentPresets, findPreset } from './presets.ts';
import { confirmWithinMs, sharedSettings } from './shared-settings.ts';
import { clockViolations, handlerViolations, registryViolations } from './standing-limits.ts';

/** Thrown for options that break a rule; carries all violations at once. */
export class ExperimentOptionsError extends Error {
  override readonly name = 'ExperimentOptionsError';
  readonly code = 'experiment-options';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(
      `Invalid experiment:\n${violations.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    );
    this.violations = violations;
  }
}

/** What a caller may write of the options; the rest is the scenario's, or the default. */
export type ExperimentInput = {
  readonly [Name in keyof ExperimentOptions]?: ExperimentOptions[Name] | undefined;
};

/** Every name of `rules`. */
export const rulesNames = ['ringwatch', 'original', 'permutation-rings'] as const satisfies readonly Rules[];

/** The longest time of an experiment: a hundred years. */
export const maxDurationMs = 3_155_760_000_000;

const limits = {
  seed: [0, Number.MAX_SAFE_INTEGER, 'a whole number'],
  nodes: [2, 20_000, 'a whole number'],
  lossRate: [0, 1, 'a fraction'],
  warmUpMs: [0, maxDurationMs, 'milliseconds'],
  durationMs: [1, maxDurationMs, 'milliseconds'],
  crashCount: [0, 1_000_000, 'a whole number'],
  backAfterMs: [1, maxDurationMs, 'milliseconds'],
} as const;

/**
 * Fills in what is absent: first from the named scenario, then from the defaults. The scenario is built for the seed and
 * the number of nodes that are asked for. The defaults are seed 1, 100 nodes, the preset `default` and a local network without loss.
 * An hour is measured, after a warm-up that covers the startup grace, and nothing goes wrong.
 * Throws `ExperimentOptionsError` with every violation.
 */
export function experimentOptions(
  input: ExperimentInput = {},
  scenario: string | null = null,
): ExperimentOptions {
  const written = withoutUndefined(input);
  const violations = headViolations(written);
  const found = scenario === null ? undefined : findPreset(scenario);
  if (scenario !== null && found === undefined) {
    const names = experimentPresets.map(({ name }) => name).join(', ');
    const message = `expected one of ${names}, got ${JSON.stringify(scenario)}; name one of them, or none`;
    violations.push({ path: 'scenario', message });
  }
  if (violations.length > 0) throw new ExperimentOptionsError(violations);

  const seed = written.seed ?? 1;
  const nodes = written.nodes ?? found?.nodes ?? 100;
  const asked = { ...found?.build({ seed, nodes }), ...written, seed, nodes };
  const settings = settingsOf(asked, violations);
  if (settings === null) throw new ExperimentOptionsError(violations);
  const options: ExperimentOptions = {
    rules: 'ringwatch',
    preset: 'default',
    settings: {},
    latency: latencies.lan,
    lossRate: 0,
    clocks: {},
    registry: {},
    handler: { takes: latencies.second, failureRate: 0 },
    warmUpMs: warmUpMs(settings),
    durationMs: 3_600_000,
    crashCount: 0,
    backAfterMs: 2 * confirmWithinMs(settings),
    faults: [],
    ...asked,
  };
  violations.push(...optionViolations(options));
  if (violations.length > 0) throw new ExperimentOptionsError(violations);
  return options;
}

function warmUpMs({ startupGracePeriodMs, heartbeatWindowMs, probeIntervalMs }: Settings): number {
  return startupGracePeriodMs + heartbeatWindowMs + 3 * probeIntervalMs;
}

/** What must be right before a scenario can be built. */
function headViolations(written: ExperimentInput): Violation[] {
  return (['seed', 'nodes'] as const).flatMap((name) =>
    written[name] === undefined ? [] : limitViolation(name, written[name]),
  );
}

function settingsOf(
  { settings = {}, preset = 'default' }: ExperimentInput,
  violations: Violation[],
): Settings | null {
  if (!Object.hasOwn(presets, preset)) {
    const names = Object.keys(presets).join(', ');
    const message = `expected one of ${names}, got ${JSON.stringify(preset)}; name a preset of the settings`;
    violations.push({ path: 'preset', message });
    return null;
  }
  try {
    return sharedSettings({ settings, preset: preset as PresetName });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    violations.push(...error.violations.map(({ path, message }) => ({ path: `settings.${path}`, message })));
    return null;
  }
}

function optionViolations(options: ExperimentOptions): Violation[] {
  const violations = (Object.keys(limits) as (keyof typeof limits)[]).flatMap((name) =>
    limitViolation(name, options[name]),
  );
  if (!rulesNames.includes(options.rules)) {
    const got = JSON.stringify(options.rules);
    violations.push({ path: 'rules', message: `expected one of ${rulesNames.join(', ')}, got ${got}` });
  }
  violations.push(
    ...latencyViolation('latency', options.latency),
    ...registryViolations(options.registry),
    ...handlerViolations(options.handler),
  );
  if (violations.some(({ path }) => path === 'nodes' || path === 'durationMs')) return violations;
  const nodeIds = new Set(nodeIdsOf(options.nodes));
  violations.push(...clockViolations(options.clocks, nodeIds));
  for (const [index, fault] of options.faults.entries()) {
    violations.push(...faultViolations(fault, `faults[${index}]`, nodeIds, options.durationMs));
  }
  return violations;
}

function limitViolation(name: keyof typeof limits, value: unknown): Violation[] {
  const [least, most, what] = limits[name];
  return numberViolation(name, value, { least, most, what, isWhole: what === 'a whole number' });
}

function withoutUndefined(input: ExperimentInput): Partial<ExperimentOptions> {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== undefined),
  ) as Partial<ExperimentOptions>;
}
