/** The options that commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { resolveSettings } from '../core/settings/config.ts';
import type { ClusterRequest } from '../ports/registry.ts';
import { defaultRegistry } from './default-registry.ts';
import { durationProblem, parseDuration } from './durations.ts';
import { parseFraction, type SettingFlag, settingText } from './setting-flags.ts';

/** What `addSharedOptions` makes of a command line. */
export interface SharedOptions {
  readonly registry: string;
  /** How long the command may take to read the registry and put the answer together, in milliseconds. */
  readonly timeout: number;
  readonly json: boolean;
}

/** `--registry`, the same for every command. */
export function registryOption(): Option {
  return new Option(
    '-r, --registry <url>',
    'the shared registry: sqlite:./file.db, rqlite://host:4001,host2:4001 or postgres://user@host/database',
  )
    .env('RINGWATCH_REGISTRY')
    .default(defaultRegistry);
}

/** `--registry`, `--timeout` and `--json`. */
export function addSharedOptions(command: Command): Command {
  return command
    .addOption(registryOption())
    .addOption(
      new Option('--timeout <duration>', 'how long the registry may take, until all is read')
        .argParser(positiveDurationArgument)
        .default(10_000, '10s'),
    )
    .option('--json', 'print JSON', false);
}

/** `--neighbors`, for commands that say who watches whom. */
export function neighborsOption(): Option {
  return new Option('-k, --neighbors <n>', 'K, as the agents have it')
    .env('RINGWATCH_NEIGHBORS')
    .argParser(wholeNumber(1, 100))
    .default(3);
}

/** `--max-dead-fraction`, for commands that show the brake. */
export function brakeOption(): Option {
  return new Option('--max-dead-fraction <fraction>', "the agents' brake")
    .env('RINGWATCH_MAX_DEAD_FRACTION')
    .argParser((text) => {
      const fraction = parseFraction(text);
      if (fraction === undefined || fraction > 1)
        throw new InvalidArgumentError('Expected 0 to 1, such as 0.25 or 1/3.');
      return fraction;
    })
    .default(1 / 3, '1/3');
}

/** `--brake-window`, for commands that show the brake. */
export function brakeWindowOption(): Option {
  return new Option('--brake-window <duration>', 'how long a death weighs, unless its recovery runs longer')
    .env('RINGWATCH_BRAKE_WINDOW')
    .argParser(durationArgument)
    .default(300_000, '5m');
}

/** `--brake-return`, for commands that show the brake. */
export function brakeReturnOption(): Option {
  return new Option('--brake-return <duration>', 'a death weighs until its node is back for so long')
    .env('RINGWATCH_BRAKE_RETURN')
    .argParser(durationArgument)
    .default(30_000, '30s');
}

/** More of the departed nodes than that are only counted: a registry may hold many, and what is asked for is what is there. */
const departedLimit = 1_000;

interface BrakeRequestOptions {
  readonly brakeWindow: number;
  readonly brakeReturn: number;
  /** Whether all departed nodes are wanted. Default false. */
  readonly all?: boolean;
}

/** What to read of the cluster where the brake is shown. */
export function brakeRequest({ brakeWindow, brakeReturn, all = false }: BrakeRequestOptions): ClusterRequest {
  return {
    brakeWindowMs: brakeWindow,
    brakeReturnMs: brakeReturn,
    ...(all ? {} : { departedLimit }),
  };
}

/** `--heartbeat-window`, for commands that show which nodes are silent. */
export function heartbeatWindowOption(): Option {
  return new Option('--heartbeat-window <duration>', 'a node without a heartbeat for this long is silent')
    .env('RINGWATCH_HEARTBEAT_WINDOW')
    .argParser(durationArgument)
    .default(90_000, '90s');
}

/** One setting of a monitor, as it was written; `readSettings` reads all of them. Its default is told, and not filled in. */
export function settingOption(setting: SettingFlag): Option {
  const { flag, kind, name, summary, mayBeNever } = setting;
  const value = { duration: 'duration', count: 'n', fraction: 'fraction', switch: 'true|false' }[kind];
  const never = mayBeNever ? ', or never' : '';
  // A switch may be given without its value.
  const option =
    kind === 'switch'
      ? new Option(`--${flag} [${value}]`, summary).preset('true')
      : new Option(`--${flag} <${value}>`, summary + never);
  return option.default(undefined, settingText(setting, defaults[name]));
}

const defaults = resolveSettings({ nodeId: 'this-node' });

/** Reads a duration in milliseconds. */
export function durationArgument(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === null) throw new InvalidArgumentError(`${durationProblem(text)}.`.replace(/^e/, 'E'));
  if (durationMs > maxDurationMs) throw new InvalidArgumentError('Expected a duration of at most 24d.');
  return durationMs;
}

/** The same, but for 0: in no time nothing answers. */
function positiveDurationArgument(text: string): number {
  const durationMs = durationArgument(text);
  if (durationMs === 0) throw new InvalidArgumentError('Expected more than 0, such as 500ms, 10s, 5m or 1h.');
  return durationMs;
}

/** Longer delays cannot be waited for: timers end at 2^31 ms. */
const maxDurationMs = 2_147_483_647;

/** Reads a whole number between two limits. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Text behind the options of a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** What every command's exit codes mean, for the end of its help. */
export const exitCodeHelp = '\nExit codes: 0 done, 1 it could not be done, 2 wrong usage.';
