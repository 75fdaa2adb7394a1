/** What was given to `ringwatch agent`, as the options of an agent: everything that is wrong is told at once. */
import { hostname, networkInterfaces } from 'node:os';
import { openSecret, type SecretOptions } from '../adapters/system/index.ts';
import { checkExpectation, parseCheck } from '../agent/check.ts';
import {
  type AgentOptions,
  commandHandler,
  commandSelfDeadHook,
  type SelfDeadPolicy,
} from '../agent/index.ts';
import { interfaceAddresses } from '../agent/own-interface.ts';
import { ConfigError, type PresetName, resolveSettings, type Violation } from '../core/settings/config.ts';
import type { RegistryAddress } from '../library/registry-url.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { recoveredCommand, suspectCommand } from './agent-hooks.ts';
import type { LogLevel } from './agent-log.ts';
import { durationProblem, parseDuration } from './durations.ts';
import { chooseEndpoint } from './own-endpoint.ts';
import { registryAddress } from './registry-access.ts';
import { byFlag, readSettings, writtenSettings } from './setting-flags.ts';

/** Flags by their names; settings come as they were written. */
export interface AgentFlags {
  readonly registry: string;
  readonly nodeId?: string;
  readonly address?: string;
  readonly internalAddress?: string;
  readonly advertise?: string;
  readonly listen?: string;
  readonly clusterName?: string;
  readonly region?: string;
  readonly secretFile?: string;
  readonly secretAcceptUnsigned?: boolean;
  readonly replace?: boolean;
  readonly preset?: PresetName;
  readonly check?: string;
  readonly checkInterval?: string;
  readonly checkTimeout?: string;
  readonly checkFailures?: string;
  readonly onDead?: string;
  readonly onSuspect?: string;
  readonly onRecovered?: string;
  readonly onSelfDead?: string;
  readonly selfDead?: SelfDeadPolicy;
  readonly events?: boolean;
  readonly probes?: boolean;
  readonly json?: boolean;
  readonly logLevel: LogLevel;
  readonly untilStdinEnds?: boolean;
  readonly [setting: string]: unknown;
}

type OwnOptions = Omit<
  AgentOptions & SecretOptions,
  'registry' | 'logger' | 'onDead' | 'onSuspect' | 'onRecovered' | 'onSelfDead'
>;

/** Options without hooks, and where the registry is. Throws `ConfigError` with every violation, each by its flag. */
export function readAgentFlags(flags: AgentFlags): {
  readonly options: OwnOptions;
  readonly registryAddress: RegistryAddress;
  /** How long the agent waits for a call of its registry. */
  readonly registryTimeoutMs: number;
} {
  const violations: Violation[] = [];
  const { nodeId = hostname(), preset } = flags;
  const settings = collect(violations, () =>
    readSettings({ nodeId, preset, written: writtenSettings(flags) }),
  );
  const address = collect(violations, () => registryAddress(flags.registry));
  const { endpoint, violations: endpointViolations } = chooseEndpoint({
    address: flags.address,
    internalAddress: flags.internalAddress,
    advertise: flags.advertise,
    listen: flags.listen,
    // Where the registry is wrong, what would follow from it is not asked for.
    isOneMachine: address === null || address.kind === 'sqlite',
    machineAddresses: machineAddresses(),
    ownAddresses: interfaceAddresses() ?? [],
  });
  violations.push(...endpointViolations);
  collect(violations, () => openSecret(flags));
  const checkIntervalMs = durationOf(flags, 'checkInterval', violations);
  const checkTimeoutMs = durationOf(flags, 'checkTimeout', violations);
  const checkFailures = checkFailuresOf(flags, violations);
  checkCheck(flags, violations);
  if (settings === null || address === null || endpoint === null || violations.length > 0)
    throw new ConfigError(violations);
  const options = {
    ...settings,
    ...endpoint,
    preset,
    clusterName: flags.clusterName,
    region: flags.region,
    secretFile: flags.secretFile,
    secretAcceptUnsigned: flags.secretAcceptUnsigned,
    replace: flags.replace,
    check: flags.check,
    checkIntervalMs,
    checkTimeoutMs,
    checkFailures,
    selfDeadPolicy: flags.selfDead,
  };
  const { registryTimeoutMs } = resolveSettings(settings, preset);
  return { options, registryAddress: address, registryTimeoutMs };
}

/** What `read` gives, or null where it throws `ConfigError`, whose violations are kept. */
function collect<Value>(violations: Violation[], read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    violations.push(...error.violations);
    return null;
  }
}

function durationOf(flags: AgentFlags, name: 'checkInterval' | 'checkTimeout', violations: Violation[]) {
  const text = flags[name];
  if (text === undefined) return undefined;
  const durationMs = parseDuration(text);
  if (durationMs !== null) return durationMs;
  const path = name === 'checkInterval' ? '--check-interval' : '--check-timeout';
  violations.push({ path, message: durationProblem(text) });
  return undefined;
}

function checkFailuresOf({ checkFailures: text }: AgentFlags, violations: Violation[]) {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  violations.push({
    path: '--check-failures',
    message: `expected a whole number, got ${JSON.stringify(text)}`,
  });
  return undefined;
}

/** As the agent does it, before anything is opened. */
function checkCheck(flags: AgentFlags, violations: Violation[]): void {
  if (flags.check !== undefined && parseCheck(flags.check) === null) {
    const message = `expected ${checkExpectation}, got ${JSON.stringify(flags.check)}`;
    violations.push({ path: '--check', message });
  }
  for (const name of ['checkInterval', 'checkTimeout', 'checkFailures'] as const) {
    if (flags[name] !== undefined && flags.check === undefined)
      violations.push(byFlag({ path: name, message: 'is for --check, which was not given' }));
  }
}

/** Addresses at which other machines may reach this one. */
function machineAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address))
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
}

export interface HookPorts {
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  readonly stopping: AbortSignal;
}

/** The hooks that were given as commands. */
export function readHooks(
  { onDead, onSuspect, onRecovered, onSelfDead }: AgentFlags,
  { clock, logger, stopping }: HookPorts,
): Pick<AgentOptions, 'onDead' | 'onSuspect' | 'onRecovered' | 'onSelfDead'> {
  return {
    ...(onDead === undefined ? {} : { onDead: commandHandler({ command: onDead, clock, logger }) }),
    ...(onSuspect === undefined
      ? {}
      : { onSuspect: suspectCommand({ command: onSuspect, clock, stopping }) }),
    ...(onRecovered === undefined
      ? {}
      : { onRecovered: recoveredCommand({ command: onRecovered, clock, stopping }) }),
    ...(onSelfDead === undefined
      ? {}
      : { onSelfDead: commandSelfDeadHook({ command: onSelfDead, clock, logger }) }),
  };
}
