/** What a monitor is made of: options that a user gives, and ports that the platform or a simulator gives. */
import type { PresetName, SettingsInput } from '../core/config.ts';
import type { CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetadataReader } from '../ports/metadata-reader.ts';
import type { Prober } from '../ports/prober.ts';
import type { Random } from '../ports/random.ts';
import type { Registry } from '../ports/registry.ts';

export type MonitorOptions = SettingsInput & {
  /** Edits of the defaults to start from. Default `default`. */
  readonly preset?: PresetName | undefined;
  /** The shared registry. The monitor does not close it. */
  readonly registry: Registry;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
  readonly metadataReader?: MetadataReader | undefined;
  /**
   * The epoch that this process has begun with `registry.join`, when it has (the agent does). Without it the
   * monitor begins one itself at `start` and leaves the node's own row in `dns_nodes` to its owner.
   */
  readonly epoch?: number | undefined;
};

/** The outside of a monitor. */
export interface MonitorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly prober: Prober;
  readonly createAbort: CreateAbort;
}
