/** The registry over SQL: the rules of src/registry on a `SqlStore`. */

import type { Logger } from '../../ports/logger.ts';
import { Problems } from '../../registry/problems.ts';
import { StoreRegistry } from '../../registry/registry.ts';
import type { SqlExecutor } from './executor.ts';
import { SqlStore } from './store.ts';

/** What it is given beside its database. */
export interface SqlRegistryOptions {
  /** Told of rows that cannot be read. Default: none. */
  readonly logger?: Logger | undefined;
}

/** Implements the port over a `SqlExecutor`. Many monitors may share one object. */
export class SqlRegistry extends StoreRegistry {
  constructor(executor: SqlExecutor, { logger }: SqlRegistryOptions = {}) {
    const problems = new Problems(logger ?? null);
    super(new SqlStore(executor, problems), { problems, pause, random: Math.random });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
