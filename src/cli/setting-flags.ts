/**
 * Every setting of a monitor as a flag and as an environment variable: `probeIntervalMs` is `--probe-interval 10s`
 * and RINGWATCH_PROBE_INTERVAL. Not for: what a setting may be (core/settings decides).
 */
import {
  ConfigError,
  type PresetName,
  resolveSettings,
  type Settings,
  type SettingsInput,
  type Violation,
} from '../core/settings/config.ts';
import { durationFlag, durationProblem, formatDuration, parseDuration } from './durations.ts';

/** All settings but the node's id, which has a flag of its own. */
export type SettingName = Exclude<keyof Settings, 'nodeId'>;

type Kind = 'duration' | 'count' | 'fraction' | 'switch';

/** One setting on the command line. */
export interface SettingFlag {
  readonly name: SettingName;
  /** Without the dashes. */
  readonly flag: string;
  readonly variable: string;
  readonly kind: Kind;
  /** Whether it may be `never`. */
  readonly mayBeNever: boolean;
  readonly summary: string;
}

const summaries: Readonly<Record<SettingName, string>> = {
  probeIntervalMs: 'time between two rounds',
  probeTimeoutMs: 'a probe that takes longer is a miss',
  probeTimeoutFloorMs: 'least that it comes down to for a target that answers soon',
  probePort: 'port of a target whose row names none',
  retryIntervalMs: 'time between two probes of a target that is being missed',
  retryIntervalRefusedMs: 'the same while its connections are refused',
  suspectAfter: 'consecutive misses until suspect',
  deadAfter: 'consecutive misses until dead',
  minSilenceMs: 'silence that is needed before dead, whatever the count',
  minSilenceRefusedMs: 'the same when every miss was a refused connection',
  minSilenceNoConnectionMs: 'the same when no connection could be made',
  jitter: 'part of the interval by which rounds vary',
  stallThresholdMs: 'a timer later than this: this node itself stalled',
  startupGracePeriodMs: 'no node is declared dead for this long after the start',
  graceSparesAll: 'whether also those are spared that have answered',
  loneGraceMs: 'the same while no other node at all has answered',
  neighbors: 'K, how many answering targets a node watches',
  membershipWindowMs: 'a node of the original not seen for this long is off the ring',
  watchListCap: 'a node never watches more targets than this',
  heartbeatIntervalMs: 'time between two heartbeats',
  heartbeatWindowMs: 'a heartbeat that stands still for this long is silent',
  minQuorum: 'observers that must agree',
  strictQuorum: 'keep that number whatever the size of the cluster',
  quorumWindowMs: 'how long a vote counts unless it is affirmed',
  proofWindowMs: 'a voter needs another answer within this time',
  refutation: 'whether the accused may answer in the registry',
  answerWindowMs: 'how long the accused has to answer',
  answerWindowRefusedMs: 'the same after a closed connection and refusals',
  hints: 'look at once when a connection closes, or another observer asks',
  unreachableIsDeadAfterMs: 'a node that only refutes is dead after this long',
  maxDeadFraction: 'the brake: part of the cluster whose deaths may weigh',
  brakeWindowMs: 'how long a death weighs, unless its recovery runs longer',
  brakeReturnMs: 'a death weighs until its node is back for so long',
  leaseMs: 'right to run a recovery, without renewal',
  claimPauseMs: "pause between the voters' claims",
  restartGraceMs: 'how long a dead application has to restart before its recovery begins',
  handlerTimeoutMs: 'a recovery command that runs longer is ended',
  retryBackoffMs: 'wait after the first failed attempt; doubles with each',
  maxAttempts: 'after so many a recovery waits for an operator',
  flapWindowMs: 'a node that dies again so soon is flapping: recovered later',
  registryTimeoutMs: 'a registry call that takes longer has failed',
  outboxCapacity: 'entries that wait for the registry during an outage',
};

const switches: readonly SettingName[] = ['strictQuorum', 'refutation', 'graceSparesAll', 'hints'];
const fractions: readonly SettingName[] = ['jitter', 'maxDeadFraction'];
const nullable: readonly SettingName[] = [
  'unreachableIsDeadAfterMs',
  'answerWindowRefusedMs',
  'handlerTimeoutMs',
  'maxAttempts',
];

/** Every setting, in the order of the help. */
export const settingFlags: readonly SettingFlag[] = Object.entries(summaries).map(([key, summary]) => {
  const name = key as SettingName;
  const flag = kebab(name.replace(/Ms$/, ''));
  return {
    name,
    flag,
    variable: `RINGWATCH_${flag.replaceAll('-', '_').toUpperCase()}`,
    kind: kindOf(name),
    mayBeNever: nullable.includes(name),
    summary,
  };
});

function kindOf(name: SettingName): Kind {
  if (name.endsWith('Ms')) return 'duration';
  if (switches.includes(name)) return 'switch';
  return fractions.includes(name) ? 'fraction' : 'count';
}

/** What was written on the command line or in the environment, by setting. */
export type WrittenSettings = Readonly<Partial<Record<SettingName, string>>>;

/** The settings among the flags of a command line, which are named as commander names them: `probeInterval`. */
export function writtenSettings(flags: Readonly<Record<string, unknown>>): WrittenSettings {
  const written: Partial<Record<SettingName, string>> = {};
  for (const { name } of settingFlags) {
    const value = flags[name.replace(/Ms$/, '')];
    if (typeof value === 'string') written[name] = value;
  }
  return written;
}

export interface SettingsRequest {
  readonly nodeId: string;
  readonly preset: PresetName | undefined;
  readonly written: WrittenSettings;
}

/** The settings that were written; throws `ConfigError` with every violation at once, each with its flag's name. */
export function readSettings({ nodeId, preset, written }: SettingsRequest): SettingsInput {
  const { settings: edits, violations } = parseSettings(written);
  const settings = { nodeId, ...edits };
  const texts = Object.values(written);
  const asWritten = (ms: number): string =>
    texts.find((text) => parseDuration(text) === ms) ?? durationFlag(ms);
  try {
    resolveSettings(settings, preset);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    violations.push(...error.violations.map((violation) => byFlag(violation, asWritten)));
  }
  if (violations.length > 0) throw new ConfigError(violations);
  return settings;
}

/** What can be read of what was written, and what cannot; rules across settings are not looked at. */
export function parseSettings(written: WrittenSettings): {
  settings: Partial<Omit<Settings, 'nodeId'>>;
  violations: Violation[];
} {
  const violations: Violation[] = [];
  const input: Record<string, unknown> = {};
  for (const { name, flag, kind, mayBeNever } of settingFlags) {
    const text = written[name];
    if (text === undefined) continue;
    const value = mayBeNever && text.trim() === 'never' ? null : parse(kind, text);
    if (value !== undefined) input[name] = value;
    else violations.push({ path: `--${flag}`, message: problemOf(kind, mayBeNever, text) });
  }
  return { settings: input, violations };
}

/**
 * A violation of a setting or an option, told by the name of its flag, with durations as a flag takes them or as
 * `spell` has them; one that names a flag stays as it is.
 */
export function byFlag(
  { path, message }: Violation,
  spell: (ms: number) => string = durationFlag,
): Violation {
  if (path.startsWith('--')) return { path, message };
  const setting = settingFlags.find(({ name }) => name === path);
  if (setting !== undefined) {
    const told = setting.kind === 'duration' ? withUnits(message, spell) : message;
    return { path: `--${setting.flag}`, message: named(told) };
  }
  return { path: `--${ownFlags[path] ?? kebab(path.replace(/Ms$/, ''))}`, message: named(message) };
}

/** What an agent calls otherwise than its flag. */
const ownFlags: Readonly<Record<string, string>> = {
  host: 'listen',
  port: 'listen',
  selfDeadPolicy: 'self-dead',
  advertisedPort: 'advertise',
};

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The milliseconds that a message about a duration gives as numbers alone. */
function withUnits(message: string, spell: (ms: number) => string): string {
  return message
    .replace(
      /milliseconds(, or null for never)? from (\d+) to (\d+)/,
      (_, never: string | undefined, least: string, most: string) =>
        `a duration from ${durationFlag(Number(least))} to ${formatDuration(Number(most))}${never === undefined ? '' : ', or never'}`,
    )
    .replace(/(?<=\(|, got )\d+(?:\.\d+)?(?=\)|;|$)/g, (number) => spell(Number(number)));
}

/** Other settings that a message names, by their flags too. */
function named(message: string): string {
  return message.replace(/\b[a-z]+[A-Z][A-Za-z]*\b/g, (word) => {
    const flag = settingFlags.find(({ name }) => name === word)?.flag;
    return flag === undefined ? word : `--${flag}`;
  });
}

function parse(kind: Kind, text: string): number | boolean | undefined {
  switch (kind) {
    case 'duration':
      return parseDuration(text) ?? undefined;
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'count':
      return /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
    case 'fraction':
      return parseFraction(text.trim());
  }
}

/** A value as its flag takes it. */
export function settingText({ kind }: SettingFlag, value: number | boolean | null): string {
  if (value === null) return 'never';
  if (typeof value === 'number' && kind === 'duration') return durationFlag(value);
  return value === 1 / 3 ? '1/3' : String(value);
}

/** A fraction such as `0.25` or `1/3`; undefined when it is none. */
export function parseFraction(text: string): number | undefined {
  const quotient = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  if (quotient !== null && Number(quotient[2]) > 0) return Number(quotient[1]) / Number(quotient[2]);
  return /^\d*\.?\d+$/.test(text) ? Number(text) : undefined;
}

function problemOf(kind: Kind, mayBeNever: boolean, text: string): string {
  const never = mayBeNever ? ', or never' : '';
  switch (kind) {
    case 'duration':
      return durationProblem(text, `500ms, 10s, 5m or 1h${never}`);
    case 'switch':
      return `expected true or false, got ${JSON.stringify(text)}`;
    case 'count':
      return `expected a whole number${never}, got ${JSON.stringify(text)}`;
    case 'fraction':
      return `expected a fraction such as 0.25 or 1/3, got ${JSON.stringify(text)}`;
  }
}
