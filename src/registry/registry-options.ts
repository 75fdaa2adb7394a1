/** What a registry over a store can be given. */
import type { Logger } from '../ports/logger.ts';
import type { Awaitable } from '../ports/store.ts';
import type { Problems } from './problems.ts';

/** All but `random` may be left out. */
export interface StoreRegistryOptions {
  /** Told of rows that cannot be used. Default: none. */
  readonly logger?: Logger | undefined;
  /** Counts and tells of rows that cannot be used, where the store does so too. Default: one for `logger`. */
  readonly problems?: Problems | undefined;
  /** Waits for about so long before a call begins again. Not needed by a store that answers at once. */
  readonly pause?: ((ms: number) => Awaitable<void>) | undefined;
  /** Uniform in [0, 1): parts calls that are in each other's way, and names this object. Each object needs one of its own. */
  readonly random: () => number;
}
