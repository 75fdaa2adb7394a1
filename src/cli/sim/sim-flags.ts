/** Reads the flags of `ringwatch sim` as a request. All violations are reported at once. */
import {
  ConfigError,
  type PresetName,
  presets,
  resolveSettings,
  type Violation,
} from '../../core/settings/config.ts';
import { densePresets } from '../../sim/dense/dense-plan.ts';
import type { ExperimentOptions } from '../../sim/experiment/experiment.ts';
import {
  type ExperimentInput,
  ExperimentOptionsError,
  experimentOptions,
  maxDurationMs,
  rulesNames,
} from '../../sim/experiment/experiment-options.ts';
import { always, type Latency, latencies } from '../../sim/latency.ts';
import { type RuleOff, rulesThatGoOff } from '../../sim/rules-off.ts';
import { durationProblem, parseDuration } from '../durations.ts';
import { byFlag, parseFraction, parseSettings, settingFlags, writtenSettings } from '../setting-flags.ts';
import type {
  DenseRequest,
  ExperimentRequest,
  PlanRequest,
  SimFlags,
  SimRequest,
  SwarmRequest,
} from './sim-request.ts';

/** Names that `--latency` takes. */
export const latencyNames = [
  'none',
  'loopback',
  'lan',
  'wan',
] as const satisfies readonly (keyof typeof latencies)[];

/** Crashes of an experiment that nothing was said about: something should happen. */
const usualCrashCount = 5;

const greatestSeed = Number.MAX_SAFE_INTEGER;

/** Flags that mean something beside `--swarm` or `--plan`; all others are for experiments. */
const swarmFlags = ['swarm', 'seed', 'seeds', 'shrink', 'trace', 'json'];
const denseFlags = [
  ...['dense', 'seed', 'seeds', 'preset', 'without', 'trace', 'json'],
  ...settingFlags.map(({ name }) => name.replace(/Ms$/, '')),
];
const planFlags = ['plan', 'shrink', 'trace', 'json'];
const listFlags = ['list', 'json'];

/** What flags are for that mean nothing in an experiment. */
const modesOf = {
  seeds: '--swarm or --dense',
  shrink: '--swarm or --plan',
  without: '--dense',
} as const satisfies Partial<Record<keyof SimFlags, string>>;

/** Reads the flags. Throws `ConfigError` with every violation, each by its flag. */
export function readSimFlags(flags: SimFlags): SimRequest {
  const reader = new Reader(flags);
  const request = reader.read();
  if (reader.violations.length > 0) throw new ConfigError(reader.violations);
  return { ...request, isJson: flags.json === true, isTraced: flags.trace === true };
}

class Reader {
  readonly violations: Violation[] = [];
  readonly #flags: SimFlags;

  constructor(flags: SimFlags) {
    this.#flags = flags;
  }

  read(): ExperimentRequest | SwarmRequest | DenseRequest | PlanRequest | { readonly kind: 'list' } {
    const { list, plan, swarm, dense } = this.#flags;
    if (list === true) {
      this.#refuseOthers('list', listFlags);
      return { kind: 'list' };
    }
    if (this.#flags.shrink === true && this.#flags.trace !== undefined)
      this.#wrong('trace', 'is not for --shrink, which prints a plan; run that with --trace');
    if (plan !== undefined) {
      this.#refuseOthers('plan', planFlags);
      return { kind: 'plan', path: plan, isShrunk: this.#flags.shrink === true };
    }
    if (swarm === true) return this.#swarm();
    if (dense === true) return this.#dense();
    for (const [flag, isFor] of Object.entries(modesOf)) {
      if (this.#flags[flag] !== undefined) this.#wrong(flag, `is for ${isFor}, which was not given`);
    }
    return this.#experiment();
  }

  #swarm(): SwarmRequest {
    this.#refuseOthers('swarm', swarmFlags);
    return { kind: 'swarm', ...this.#seeds(), isShrunk: this.#flags.shrink === true };
  }

  #dense(): DenseRequest {
    this.#refuseOthers('dense', denseFlags);
    const preset = this.#choice('preset', densePresets) ?? 'lan';
    const { settings, violations } = parseSettings(writtenSettings(this.#flags));
    this.violations.push(...violations);
    if (violations.length === 0) this.#checkSettings({ settings, preset });
    return { kind: 'dense', ...this.#seeds(), preset, settings, without: this.#without() };
  }

  #without(): RuleOff[] {
    const names = this.#flags.without?.split(',') ?? [];
    const rules = names.flatMap((name) => rulesThatGoOff.find((rule) => rule === name.trim()) ?? []);
    if (rules.length < names.length) {
      const expected = `expected some of ${rulesThatGoOff.join(', ')}`;
      this.#wrong('without', `${expected}, got ${JSON.stringify(this.#flags.without)}`);
    }
    return rules;
  }

  #seeds(): Pick<SwarmRequest, 'firstSeed' | 'lastSeed'> {
    const { seeds, seed } = this.#flags;
    if (seeds === undefined) {
      const only = this.#count('seed') ?? 1;
      return { firstSeed: only, lastSeed: only };
    }
    if (seed !== undefined) this.#wrong('seeds', 'was given beside --seed; give one of them');
    const [first, last] = (/^(\d{1,15})-(\d{1,15})$/.exec(seeds.trim()) ?? []).slice(1).map(Number);
    const isRange = first !== undefined && last !== undefined && first <= last && last <= greatestSeed;
    if (!isRange) this.#wrong('seeds', `expected two seeds such as 1-100, got ${JSON.stringify(seeds)}`);
    return { firstSeed: first ?? 0, lastSeed: last ?? 0 };
  }

  #experiment(): ExperimentRequest {
    const { csv, html, scenario } = this.#flags;
    const rules = this.#choice('rules', rulesNames);
    const compare = this.#choice('compare', rulesNames);
    if (compare !== undefined && compare === (rules ?? 'ringwatch'))
      this.#wrong('compare', `expected other rules than ${compare}, which the experiment has already`);
    const { settings, violations } = parseSettings(writtenSettings(this.#flags));
    this.violations.push(...violations);
    const written: ExperimentInput = {
      seed: this.#count('seed'),
      nodes: this.#count('nodes'),
      rules,
      preset: this.#choice('preset', Object.keys(presets) as PresetName[]),
      settings: Object.keys(settings).length === 0 ? undefined : settings,
      latency: this.#latency(),
      lossRate: this.#fraction('loss'),
      durationMs: this.#duration(),
      crashCount: this.#count('crash') ?? (scenario === undefined ? usualCrashCount : undefined),
      backAfterMs: this.#backAfter(),
    };
    const own = this.#options(written, scenario);
    const other = own !== null && compare !== undefined ? { ...own, rules: compare } : null;
    return {
      kind: 'experiment',
      scenario: scenario ?? null,
      experiments: [own, other].filter((options) => options !== null),
      csv: csv ?? null,
      html: html ?? null,
    };
  }

  /** Null when something is wrong with them. */
  #options(written: ExperimentInput, scenario: string | undefined): ExperimentOptions | null {
    try {
      return experimentOptions(written, scenario ?? null);
    } catch (error) {
      if (!(error instanceof ExperimentOptionsError)) throw error;
      this.violations.push(...error.violations.map((violation) => this.#byFlag(violation)));
      const isScenarioKnown =
        scenario !== undefined && error.violations.every(({ path }) => path !== 'scenario');
      const areSettingsTold = error.violations.some(({ path }) => path.startsWith('settings.'));
      // A wrong head hides what is wrong with the settings; those of a known scenario are not known without it.
      if (!isScenarioKnown && !areSettingsTold) this.#checkSettings(written);
      return null;
    }
  }

  #checkSettings({ settings = {}, preset = 'default' }: ExperimentInput): void {
    try {
      resolveSettings({ ...settings, nodeId: 'any' }, preset);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.violations.push(...error.violations.map((violation) => byFlag(violation)));
    }
  }

  #byFlag({ path, message }: Violation): Violation {
    if (path.startsWith('settings.')) return byFlag({ path: path.slice('settings.'.length), message });
    return { path: `--${optionFlags[path] ?? path}`, message };
  }

  #duration(): number | undefined {
    const { hours, minutes } = this.#flags;
    if (hours !== undefined && minutes !== undefined)
      this.#wrong('minutes', 'was given beside --hours; give one of them');
    if (hours !== undefined) return this.#number('hours', hours, 3_600_000);
    return minutes === undefined ? undefined : this.#number('minutes', minutes, 60_000);
  }

  #number(flag: 'hours' | 'minutes', text: string, unitMs: number): number | undefined {
    const isNumber = /^(\d{1,9}(\.\d{1,9})?|\.\d{1,9})$/.test(text.trim());
    const durationMs = Math.round(Number(text) * unitMs);
    if (isNumber && durationMs >= 1 && durationMs <= maxDurationMs) return durationMs;
    const most = Math.floor(maxDurationMs / unitMs);
    this.#wrong(
      flag,
      `expected ${flag} above 0 and at most ${most}, such as 24 or 0.5, got ${JSON.stringify(text)}`,
    );
    return undefined;
  }

  #backAfter(): number | undefined {
    const { backAfter } = this.#flags;
    if (backAfter === undefined) return undefined;
    const durationMs = parseDuration(backAfter);
    if (durationMs !== null) return durationMs;
    this.#wrong('backAfter', durationProblem(backAfter, '90s, 10m or 1h'));
    return undefined;
  }

  #latency(): Latency | undefined {
    const { latency } = this.#flags;
    if (latency === undefined) return undefined;
    const name = latencyNames.find((candidate) => candidate === latency);
    if (name !== undefined) return latencies[name];
    const durationMs = parseDuration(latency);
    if (durationMs !== null && durationMs <= 3_600_000) return always(durationMs);
    const names = latencyNames.join(', ');
    this.#wrong('latency', `expected ${names}, or a duration such as 40ms, got ${JSON.stringify(latency)}`);
    return undefined;
  }

  #fraction(flag: 'loss'): number | undefined {
    const text = this.#flags[flag];
    if (text === undefined) return undefined;
    const value = parseFraction(text.trim());
    if (value !== undefined && value <= 1) return value;
    this.#wrong(flag, `expected a fraction from 0 to 1 such as 0.02 or 1/3, got ${JSON.stringify(text)}`);
    return undefined;
  }

  #count(flag: 'nodes' | 'crash' | 'seed'): number | undefined {
    const text = this.#flags[flag];
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text.trim())) return Number(text);
    this.#wrong(flag, `expected a whole number, got ${JSON.stringify(text)}`);
    return undefined;
  }

  #choice<Name extends string>(
    flag: 'rules' | 'compare' | 'preset',
    names: readonly Name[],
  ): Name | undefined {
    const text = this.#flags[flag];
    if (text === undefined) return undefined;
    const name = names.find((candidate) => candidate === text);
    if (name === undefined)
      this.#wrong(flag, `expected one of ${names.join(', ')}, got ${JSON.stringify(text)}`);
    return name;
  }

  #refuseOthers(mode: 'list' | 'swarm' | 'dense' | 'plan', allowed: readonly string[]): void {
    const reason = {
      list: 'is not for --list',
      swarm: 'is not for --swarm: the seed draws the whole world',
      dense: 'is not for --dense: the seed draws the world',
      plan: 'is not for --plan: the plan says all of it',
    }[mode];
    const isGiven = (name: string): boolean => this.#flags[name] !== undefined;
    for (const name of Object.keys(this.#flags).filter(isGiven)) {
      if (!allowed.includes(name)) this.#wrong(name, reason);
    }
  }

  #wrong(flag: string, message: string): void {
    this.violations.push({ path: `--${flagName(flag)}`, message });
  }
}

function flagName(name: string): string {
  const setting = settingFlags.find((candidate) => candidate.name.replace(/Ms$/, '') === name);
  return setting?.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What an experiment calls otherwise than its flag. */
const optionFlags: Readonly<Record<string, string>> = {
  lossRate: 'loss',
  crashCount: 'crash',
  backAfterMs: 'back-after',
};
