/** What an agent is made of, its defaults, and what is refused. */

import { ConfigError, resolveSettings, type Settings, type Violation } from '../core/settings/config.ts';
import { type Duration, inMilliseconds, unitHint } from '../core/settings/duration.ts';
import { dayMs } from '../core/settings/limits.ts';
import { bareAddress } from '../core/wire/address-text.ts';
import type { DeathHandler, RecoveredHandler, SuspectHandler } from '../monitor/events.ts';
import { type MonitorOptions, outsideViolations } from '../monitor/options.ts';
import type { Signal } from '../ports/abort.ts';
import { defaultClusterName } from '../ports/registry.ts';
import { checkExpectation, parseCheck } from './check.ts';
import { defaultRetention, leastRetention, type Retention } from './housekeeping.ts';
import { settingsDigest } from './settings-digest.ts';

/** A monitor's options, and the agent's own. */
export type AgentOptions = Omit<MonitorOptions, 'epoch' | 'cursor'> & OwnOptions;

interface OwnOptions {
  /** Where peers reach this node: host name or IP address. */
  readonly address: string;
  /** A private address that peers prefer. Default: none. */
  readonly internalAddress?: string | undefined;
  readonly region?: string | undefined;
  /** Port of the ping answer, 0 for any free one. Default: `probePort`, 6001. */
  readonly port?: number | undefined;
  /** The interface to listen on. Default: all. */
  readonly host?: string | undefined;
  /** The port at which peers reach this node, where that is not the one it listens on (NAT, a container). Default: that one. */
  readonly advertisedPort?: number | undefined;
  /**
   * Whether the agent answers pings at a port of its own. With false the program's server answers them, by `pingHandler()`,
   * and `port` is the port of that server. Default true.
   */
  readonly listen?: boolean | undefined;
  /** Whether it keeps a list of all members, for `members` and `isAlive`. It costs a reading of the whole cluster at start, and one in ten minutes. Default false. */
  readonly keepMembers?: boolean | undefined;
  /** Replaces a running instance of this node. Default false: refuses to start beside one. */
  readonly replace?: boolean | undefined;
  /**
   * On what the ping answer depends: an `http://` or `https://` URL (200 to 399 is healthy) or a command (exit code 0
   * is). An epoch begins only while it passes, and ends when it has failed `checkFailures` times in a row. Default: the node is healthy while the agent runs.
   */
  readonly check?: string | undefined;
  /** Time between the starts of two checks. Default: half of `probeIntervalMs`. */
  readonly checkIntervalMs?: Duration | undefined;
  /** A check that takes longer has failed, unless this process stood still meanwhile. Default: `probeTimeoutMs`, at least 1,000. */
  readonly checkTimeoutMs?: Duration | undefined;
  /** Failures in a row until the application counts as dead, and this node with it. Default 3. */
  readonly checkFailures?: number | undefined;
  /** What the registry is pruned of, once an hour by one node of the cluster; null keeps everything. */
  readonly retention?: RetentionInput | null | undefined;
  readonly onDead?: DeathHandler | undefined;
  readonly onSuspect?: SuspectHandler | undefined;
  readonly onRecovered?: RecoveredHandler | undefined;
  /** Called when this node's epoch is over, before anything else is done. The node begins no epoch while it runs. */
  readonly onSelfDead?: SelfDeadHook | undefined;
  /** What follows: a new epoch, or the agent's end. Default `rejoin`. */
  readonly selfDeadPolicy?: SelfDeadPolicy | undefined;
}

/** As `Retention`; what is left out has its default. A name in `Ms` also takes a text such as `'30d'`. */
export type RetentionInput = {
  readonly [Name in keyof Retention]?: Name extends `${string}Ms` ? Duration : Retention[Name];
};

/** Told that this node's epoch is over: stop serving. `signal` aborts when the agent stops. */
export type SelfDeadHook = (selfDeath: SelfDeath) => void | Promise<void>;

/** The end of an epoch of this node: a verdict stands against it, a newer epoch has begun (`superseded`), or its application has died. */
export interface SelfDeath {
  readonly nodeId: string;
  readonly epoch: number;
  readonly reason: 'verdict' | 'superseded' | 'application';
  readonly signal: Signal;
}

/** What follows the end of an epoch: `rejoin` begins the next one, `exit` ends the agent. */
export type SelfDeadPolicy = 'rejoin' | 'exit';

/** How an agent stops. */
export interface StopOptions {
  /** Whether it leaves the cluster. Default true. */
  readonly leave?: boolean;
  /** In words, why the application of this node has died. Default: it has not. */
  readonly obituary?: string | undefined;
}

/** The agent's own options with their defaults, and what goes to each monitor. */
export interface ResolvedOptions {
  readonly settings: Settings;
  readonly monitor: Omit<MonitorOptions, 'epoch'>;
  readonly address: string;
  readonly internalAddress: string | null;
  readonly region: string | null;
  readonly port: number;
  readonly host: string | null;
  /** Null for the port that it listens on. */
  readonly advertisedPort: number | null;
  readonly clusterName: string;
  /** Of the settings that nodes should share. */
  readonly settingsDigest: string;
  readonly listen: boolean;
  readonly keepMembers: boolean;
  readonly replace: boolean;
  readonly check: string | null;
  readonly checkIntervalMs: number;
  readonly checkTimeoutMs: number;
  readonly checkFailures: number;
  readonly retention: Retention | null;
  readonly onDead: DeathHandler | null;
  readonly onSuspect: SuspectHandler | null;
  readonly onRecovered: RecoveredHandler | null;
  readonly onSelfDead: SelfDeadHook | null;
  readonly selfDeadPolicy: SelfDeadPolicy;
}

/** Fills in the defaults. Throws `ConfigError` with every violation, the monitor's settings' included. */
export function resolveOptions(options: AgentOptions): ResolvedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new ConfigError([
      { path: 'options', message: `expected an object with nodeId, registry and address, got ${given}` },
    ]);
  }
  const { address, internalAddress, region, port, host, advertisedPort, clusterName, ...more } =
    inMilliseconds(options);
  const { replace, ...rest } = more;
  const { check, checkIntervalMs, checkTimeoutMs, checkFailures, retention, ...hooked } = rest;
  const { onDead, onSuspect, onRecovered, onSelfDead, selfDeadPolicy, listen, keepMembers, ...monitor } =
    hooked;
  const { preset, registry: _registry, metadataReader: _reader, ...logged } = monitor;
  const { logger: _logger, logProbes: _probes, ...input } = logged;
  const violations: Violation[] = [];
  const settings = resolveOrCollect(() => resolveSettings(input, preset), violations);
  const interval = settings?.probeIntervalMs ?? 10_000;
  const resolved = {
    monitor,
    address: bare(address),
    internalAddress: bare(internalAddress ?? null),
    region: region ?? null,
    port: port ?? settings?.probePort ?? 6001,
    host: bare(host ?? null),
    advertisedPort: advertisedPort ?? null,
    clusterName: clusterName ?? defaultClusterName,
    listen: listen ?? true,
    keepMembers: keepMembers ?? false,
    replace: replace ?? false,
    check: check ?? null,
    checkIntervalMs: checkIntervalMs ?? Math.max(minCheckIntervalMs, Math.round(interval / 2)),
    checkTimeoutMs: checkTimeoutMs ?? Math.max(1_000, settings?.probeTimeoutMs ?? 0),
    checkFailures: checkFailures ?? 3,
    retention: retention === null ? null : { ...defaultRetention, ...inMilliseconds(retention ?? {}) },
    onDead: onDead ?? null,
    onSuspect: onSuspect ?? null,
    onRecovered: onRecovered ?? null,
    onSelfDead: onSelfDead ?? null,
    selfDeadPolicy: selfDeadPolicy ?? 'rejoin',
  };
  violations.push(
    ...outsideViolations({ ...monitor, clusterName: resolved.clusterName }),
    ...violationsOf(resolved),
  );
  for (const [path, value] of Object.entries({ checkIntervalMs, checkTimeoutMs, checkFailures })) {
    if (value !== undefined && resolved.check === null)
      violations.push({ path, message: 'is for check, which was not given' });
  }
  if (resolved.listen === false && (port ?? 0) === 0) {
    const message = 'expected the port of the server that answers pings, since listen is false, got none';
    violations.push({ path: 'port', message });
  }
  if (settings === null || violations.length > 0) throw new ConfigError(violations);
  return { settings, settingsDigest: settingsDigest(settings, preset), ...resolved };
}

/** What is no text is refused below. */
function bare<Value>(address: Value): Value | string {
  return typeof address === 'string' ? bareAddress(address) : address;
}

const minCheckIntervalMs = 10;

function resolveOrCollect(resolve: () => Settings, violations: Violation[]): Settings | null {
  try {
    return resolve();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    violations.push(...error.violations);
    return null;
  }
}

function violationsOf(resolved: Omit<ResolvedOptions, 'settings' | 'settingsDigest'>): Violation[] {
  const { address, internalAddress, region, port, host, replace, check, selfDeadPolicy } = resolved;
  const { advertisedPort } = resolved;
  const violations: Violation[] = [];
  const expect = (
    holds: boolean,
    path: keyof AgentOptions,
    expected: string,
    got: unknown,
    name: string = path,
  ): void => {
    if (holds) return;
    const hint = typeof got === 'string' && name.endsWith('Ms') ? unitHint(got) : '';
    const message = `expected ${expected}, got ${JSON.stringify(got) ?? String(got)}${hint}`;
    violations.push({ path, message });
  };
  const isWhole = (value: unknown, least: number, most: number): boolean =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  const isTextOrNothing = (value: unknown): boolean =>
    value === null || (typeof value === 'string' && value !== '');

  const addressHint = 'the host name or IP address at which peers reach this node';
  expect(typeof address === 'string' && address !== '', 'address', addressHint, address);
  expect(isTextOrNothing(internalAddress), 'internalAddress', `${addressHint}, or nothing`, internalAddress);
  expect(region === null || typeof region === 'string', 'region', 'a name, or nothing', region);
  for (const path of ['listen', 'keepMembers'] as const)
    expect(typeof resolved[path] === 'boolean', path, 'true or false', resolved[path]);
  expect(typeof replace === 'boolean', 'replace', 'true or false', replace);
  expect(isWhole(port, 0, 65_535), 'port', 'a port, or 0 for any free one', port);
  const isPort = advertisedPort === null || isWhole(advertisedPort, 1, 65_535);
  expect(isPort, 'advertisedPort', 'a port from 1 to 65535, or nothing', advertisedPort);
  expect(isTextOrNothing(host), 'host', 'an address of this machine to listen on, or nothing', host);
  expect(
    selfDeadPolicy === 'rejoin' || selfDeadPolicy === 'exit',
    'selfDeadPolicy',
    'rejoin or exit',
    selfDeadPolicy,
  );
  for (const path of ['checkIntervalMs', 'checkTimeoutMs'] as const) {
    const expected = `whole milliseconds from ${minCheckIntervalMs} to ${dayMs}`;
    expect(isWhole(resolved[path], minCheckIntervalMs, dayMs), path, expected, resolved[path]);
  }
  expect(
    isWhole(resolved.checkFailures, 1, 1_000),
    'checkFailures',
    'a whole number from 1 to 1000',
    resolved.checkFailures,
  );
  for (const [name, least] of Object.entries(leastRetention)) {
    if (resolved.retention === null) break;
    const value = resolved.retention[name as keyof Retention];
    const isRight = isWhole(value, least, Number.MAX_SAFE_INTEGER);
    expect(isRight, 'retention', `a whole number from ${least} up as ${name}`, value, name);
  }
  for (const path of ['onDead', 'onSuspect', 'onRecovered', 'onSelfDead'] as const) {
    expect(
      resolved[path] === null || typeof resolved[path] === 'function',
      path,
      'a function',
      resolved[path],
    );
  }
  if (check !== null) {
    expect(parseCheck(check) !== null, 'check', checkExpectation, check);
  }
  return violations;
}
