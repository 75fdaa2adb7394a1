/**
 * Every setting of a monitor: its default, its limits, and the rules across settings.
 * Files, flags, environment and library all go through `resolveSettings`.
 */
import { type DurationText, inMilliseconds, unitHint } from './duration.ts';
import { explainDefaults } from './followed-defaults.ts';
import { countLimits, durationLimits, maxDurationMs } from './limits.ts';
import { nearestOf } from './nearest-name.ts';
import { fiveRoundsMs, fullAnswerWindowMs, rulesBroken } from './setting-rules.ts';
import type { Settings } from './settings.ts';

export { graceMs } from '../grace.ts';
export { ownerHoldMs, timeToDeathMs } from './setting-rules.ts';
export type { Settings } from './settings.ts';

/** What a caller gives: the id, and whatever differs from the preset. A setting in `Ms` also takes a text such as `'5s'`. */
export type SettingsInput = { readonly nodeId: string } & {
  readonly [Name in Exclude<keyof Settings, 'nodeId'>]?:
    | Settings[Name]
    | (Name extends `${string}Ms` ? DurationText : never)
    | undefined;
};

/** Edits of the defaults for a kind of network. */
export type PresetName = 'original' | 'default' | 'local' | 'lan' | 'wan';

/** What a preset brings. */
export type Preset = Partial<Omit<Settings, 'nodeId'>>;
type Limits = Readonly<Partial<Record<keyof Settings, readonly [number, number]>>>;
/** Settings that a preset bounds by others. */
type BoundedSetting =
  | 'probeTimeoutFloorMs'
  | 'retryIntervalMs'
  | 'retryIntervalRefusedMs'
  | 'minSilenceRefusedMs'
  | 'minSilenceNoConnectionMs';
type Given = Pick<Settings, 'nodeId'> & Partial<Settings>;

/**
 * Edits of one base, the defaults: `default` is the base itself. `original` has the original's one patience and plain grace,
 * no refutation and no hints. Of what a preset brings, `retryIntervalMs`, `probeTimeoutFloorMs` and the patience of each kind
 * are never longer than the rounds, timeouts and `minSilenceMs` that a caller gives.
 */
export const presets: Readonly<Record<PresetName, Preset>> = {
  default: {},
  original: {
    refutation: false,
    hints: false,
    graceSparesAll: true,
    retryIntervalMs: 10_000,
    retryIntervalRefusedMs: 10_000,
    probeTimeoutFloorMs: 3_000,
    minSilenceMs: 0,
  },
  /** One machine or one rack: a crash is dead after about half a second of silence. */
  local: {
    probeIntervalMs: 500,
    probeTimeoutMs: 250,
    probeTimeoutFloorMs: 100,
    retryIntervalMs: 250,
    retryIntervalRefusedMs: 50,
    suspectAfter: 2,
    deadAfter: 4,
    minSilenceMs: 1_300,
    minSilenceRefusedMs: 300,
    minSilenceNoConnectionMs: 800,
    answerWindowRefusedMs: 300,
    heartbeatIntervalMs: 1_000,
    startupGracePeriodMs: 60_000,
    membershipWindowMs: 60_000,
    leaseMs: 3_000,
    retryBackoffMs: 500,
    registryTimeoutMs: 2_000,
  },
  /** One data centre: a crash is dead after about 2 s of silence, a host that is gone after 3 s, a hang after 6 s. */
  lan: {
    probeIntervalMs: 5_000,
    probeTimeoutMs: 1_000,
    probeTimeoutFloorMs: 500,
    retryIntervalMs: 500,
    suspectAfter: 2,
    deadAfter: 4,
    minSilenceMs: 6_000,
    minSilenceRefusedMs: 2_000,
    minSilenceNoConnectionMs: 3_000,
    heartbeatIntervalMs: 10_000,
    startupGracePeriodMs: 60_000,
    leaseMs: 15_000,
  },
  /** Several data centres: a crash or a host that is gone is dead after about 5 s of silence, a hang after 10 s. */
  wan: {
    probeTimeoutFloorMs: 1_000,
    retryIntervalMs: 1_000,
    retryIntervalRefusedMs: 200,
    deadAfter: 6,
    minSilenceMs: 10_000,
    startupGracePeriodMs: 120_000,
  },
};

/** One broken rule. */
export interface Violation {
  /** The setting's name. */
  readonly path: string;
  /** What was expected, what was given, what to do. */
  readonly message: string;
}

/** Thrown for settings that break a rule; carries every violation that `validateConfig` finds, and every unknown name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config';
  readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(
      `Invalid configuration:\n${violations.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    );
    this.violations = violations;
  }
}

/** Fills in the preset and the defaults. Throws `ConfigError` with every violation, names that are no setting's included. */
export function resolveSettings(input: SettingsInput, preset: PresetName = 'default'): Settings {
  if (!Object.hasOwn(presets, preset)) {
    throw new ConfigError([
      { path: 'preset', message: `expected one of ${Object.keys(presets).join(', ')}, got ${show(preset)}` },
    ]);
  }
  const own = inMilliseconds(withoutUndefined(input));
  const given = { ...presets[preset], ...own } as Given;
  const interval = given.probeIntervalMs ?? 10_000;
  const timeout = given.probeTimeoutMs ?? 3_000;
  const heartbeat = given.heartbeatIntervalMs ?? 30_000;
  const round = { probeIntervalMs: interval, jitter: given.jitter ?? 0.1 };
  /** What the caller gives, or else the preset's value or the default, and no longer than another setting. */
  const within = (name: BoundedSetting, value: number, most: number): number =>
    own[name] ?? Math.min(presets[preset][name] ?? value, most);
  const retry = within('retryIntervalMs', 300, interval);
  const silence = given.minSilenceMs ?? 6_500;
  const bounded = {
    probeTimeoutFloorMs: within('probeTimeoutFloorMs', 300, timeout),
    retryIntervalMs: retry,
    retryIntervalRefusedMs: within('retryIntervalRefusedMs', 100, retry),
    minSilenceRefusedMs: within('minSilenceRefusedMs', 5_000, silence),
    minSilenceNoConnectionMs: within('minSilenceNoConnectionMs', 5_000, silence),
  };
  const defaults: Omit<Settings, 'nodeId' | BoundedSetting> = {
    probeIntervalMs: interval,
    probeTimeoutMs: timeout,
    probePort: 6001,
    neighbors: 3,
    suspectAfter: 3,
    deadAfter: 12,
    minQuorum: 2,
    strictQuorum: false,
    quorumWindowMs: Math.max(300_000, fiveRoundsMs(round)),
    startupGracePeriodMs: 300_000,
    graceSparesAll: false,
    loneGraceMs: 300_000,
    minSilenceMs: silence,
    jitter: 0.1,
    membershipWindowMs: 900_000,
    watchListCap: 64,
    heartbeatIntervalMs: heartbeat,
    heartbeatWindowMs: 3 * heartbeat,
    proofWindowMs: 2 * retry + timeout,
    refutation: true,
    answerWindowMs: fullAnswerWindowMs(round),
    answerWindowRefusedMs: null,
    hints: true,
    unreachableIsDeadAfterMs: null,
    maxDeadFraction: 1 / 3,
    brakeWindowMs: 300_000,
    brakeReturnMs: 30_000,
    leaseMs: 30_000,
    claimPauseMs: 200,
    restartGraceMs: 1_000,
    handlerTimeoutMs: 600_000,
    retryBackoffMs: 5_000,
    maxAttempts: 10,
    flapWindowMs: 600_000,
    registryTimeoutMs: 5_000,
    outboxCapacity: Math.max(1_000, 2 * (given.watchListCap ?? 0)),
    stallThresholdMs: Math.max(100, timeout / 4),
  };
  const settings: Settings = { ...defaults, ...given, ...bounded };
  const violations = [
    ...unknownNames(given, ['nodeId', ...Object.keys(defaults), ...Object.keys(bounded)]),
    ...explainDefaults(validateConfig(settings), given),
  ];
  if (violations.length > 0) throw new ConfigError(violations);
  return settings;
}

function unknownNames(given: object, known: readonly string[]): Violation[] {
  return Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const nearest = nearestOf(name, known);
      const message =
        nearest === null
          ? `expected a setting or another option, got ${name}; docs/configuration.md has the settings`
          : `expected a setting, got ${name}; did you mean ${nearest}?`;
      return { path: name, message };
    });
}

/**
 * Every rule that the settings break, all at once; empty when they are good. Of the rules across settings only those are
 * looked at whose settings are right each by itself.
 */
export function validateConfig(settings: Settings): Violation[] {
  const violations: Violation[] = [];
  const check = (holds: boolean, path: keyof Settings, message: string): void => {
    if (!holds) violations.push({ path, message });
  };

  const id: unknown = settings.nodeId;
  check(
    typeof id === 'string' && id.length >= 1 && id.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(id),
    'nodeId',
    `expected a string of 1 to 255 characters without control characters or half characters (lone surrogates), got ${show(id)}; give the id of this node's row in dns_nodes`,
  );
  for (const [path, [least, most]] of Object.entries(durationLimits satisfies Limits)) {
    checkNumber(path as keyof Settings, least, most, 'milliseconds');
  }
  for (const [path, [least, most]] of Object.entries(countLimits satisfies Limits)) {
    checkNumber(path as keyof Settings, least, most, 'a whole number', true);
  }
  checkNumber('jitter', 0, 0.5, 'a fraction');
  checkNumber('maxDeadFraction', 0, 1, 'a fraction');
  for (const path of ['unreachableIsDeadAfterMs', 'handlerTimeoutMs', 'answerWindowRefusedMs'] as const) {
    if (settings[path] !== null) checkNumber(path, 1, maxDurationMs, 'milliseconds, or null for never');
  }
  if (settings.maxAttempts !== null)
    checkNumber('maxAttempts', 1, 1_000, 'a whole number, or null for no limit', true);
  for (const path of ['strictQuorum', 'refutation', 'graceSparesAll', 'hints'] as const) {
    check(typeof settings[path] === 'boolean', path, `expected true or false, got ${show(settings[path])}`);
  }
  const broken = new Set(violations.map(({ path }) => path));
  return [...violations, ...rulesBroken(settings, broken)];

  function checkNumber(
    path: keyof Settings,
    least: number,
    most: number,
    what: string,
    isWhole = false,
  ): void {
    const value: unknown = settings[path];
    const holds =
      typeof value === 'number' && value >= least && value <= most && (!isWhole || Number.isInteger(value));
    const hint =
      typeof value === 'string' && path.endsWith('Ms')
        ? unitHint(value) || ', which is no duration such as "5s"'
        : '';
    check(holds, path, `expected ${what} from ${least} to ${most}, got ${show(value)}${hint}`);
  }
}

function withoutUndefined<T extends object>(input: T): Partial<T> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
