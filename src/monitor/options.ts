/** What a monitor is made of: options that a user gives, and ports that the platform or a simulator gives. */

import type { RegistryMemory } from '../core/memory.ts';
import { ConfigError, type PresetName, type SettingsInput, type Violation } from '../core/settings/config.ts';
import type { CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Messenger } from '../ports/messenger.ts';
import type { MetadataReader } from '../ports/metadata-reader.ts';
import type { Prober } from '../ports/prober.ts';
import type { Random } from '../ports/random.ts';
import type { Registry } from '../ports/registry.ts';
import type { Signer } from '../ports/signer.ts';
import { missingMethods } from './outside.ts';

/** Everything that a monitor can be given, its settings among them. */
export type MonitorOptions = SettingsInput & {
  /** Edits of the defaults to start from. Default `default`. */
  readonly preset?: PresetName | undefined;
  /** The shared registry. The monitor does not close it. */
  readonly registry: Registry;
  /** Null: silent. Default: of `Monitor` and `Agent`, warnings and errors on stderr, what is repeated once an hour. */
  readonly logger?: Logger | null | undefined;
  /** Whether each probe has a line too, at the level `debug`. Default false. */
  readonly logProbes?: boolean | undefined;
  readonly metadataReader?: MetadataReader | undefined;
  /** The cluster that this node belongs to: a registry of another one refuses it. Default `ringwatch`. */
  readonly clusterName?: string | undefined;
  /**
   * The epoch that this process has begun with `registry.join`, when it has (the agent does). Then it sends the heartbeats
   * too, and tells the monitor how they went (`noteHeartbeat`). Without it the
   * monitor begins one itself at `start` and leaves the node's own row in `dns_nodes` to its owner.
   */
  readonly epoch?: number | undefined;
  /** What the monitor of this node's epoch before remembers of the registry, in the same process; see `RingMonitor.memory`. */
  readonly memory?: RegistryMemory | undefined;
  /** Where the events of the log begin; see `RingMonitor.cursor`. Default: this node's join. */
  readonly cursor?: string | number | null | undefined;
};

/** The outside of a monitor. */
export interface MonitorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly prober: Prober;
  readonly createAbort: CreateAbort;
  /** Without one observers do not tell each other to look. */
  readonly messenger?: Messenger | undefined;
  /** Under the cluster's secret. Without one nothing is signed, and nothing checked. */
  readonly signer?: Signer | undefined;
}

/** Throws `ConfigError` when what only JavaScript callers can get wrong is wrong. */
export function checkOptions(options: MonitorOptions): void {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new ConfigError([
      { path: 'options', message: `expected an object with nodeId and registry, got ${given}` },
    ]);
  }
  const violations = outsideViolations(options);
  if (violations.length > 0) throw new ConfigError(violations);
}

/** What is wrong with the options that are no settings. */
export function outsideViolations({
  registry,
  epoch,
  logger,
  metadataReader,
  clusterName,
}: Pick<MonitorOptions, 'registry' | 'epoch' | 'logger' | 'metadataReader' | 'clusterName'>): Violation[] {
  const violations: Violation[] = [];
  if (typeof registry?.readRound !== 'function') {
    const message = 'expected a registry, for instance await openRegistry("sqlite:./cluster.db")';
    violations.push({ path: 'registry', message: `${message}, got ${typeof registry}` });
  }
  if (epoch !== undefined && !(Number.isSafeInteger(epoch) && epoch >= 1)) {
    const message = `expected the whole number that registry.join gave, or nothing, got ${epoch}`;
    violations.push({ path: 'epoch', message });
  }
  const isName = clusterName === undefined || isClusterName(clusterName);
  if (!isName) {
    const message = 'expected a name of 1 to 100 characters, none a control character';
    violations.push({ path: 'clusterName', message: `${message}, got ${JSON.stringify(clusterName)}` });
  }
  return [
    ...violations,
    ...missingMethods(
      'logger',
      logger ?? undefined,
      ['debug', 'info', 'warn', 'error'],
      'such as console or a pino logger',
    ),
    ...missingMethods('metadataReader', metadataReader, ['getPeerLifecycleState'], 'or nothing'),
  ];
}

function isClusterName(given: unknown): boolean {
  return typeof given === 'string' && /^[^\p{Cc}\p{Cs}]{1,100}$/u.test(given);
}

/** Thrown by `start` when the monitor has been started before: make a new one. */
export class MonitorStateError extends Error {
  override readonly name = 'MonitorStateError';
  readonly code = 'already-started';

  constructor() {
    super('expected a new monitor, but this one was started before; make another one with new Monitor(…)');
  }
}
