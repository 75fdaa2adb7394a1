/** Opens what a URL means, with a pool of its own. */
import { PostgresExecutor } from './executor.ts';
import { makePool } from './pool.ts';
import type { PostgresAddress } from './url.ts';

/** Connects to nothing yet; `close` ends the pool. Throws a `RegistryError` (`invalid`) without the package `pg`. */
export async function openPostgresExecutor(
  address: PostgresAddress,
  callTimeoutMs = Number.POSITIVE_INFINITY,
): Promise<PostgresExecutor> {
  const pool = await makePool(address);
  const deadlineMs = Math.min(address.deadlineMs, callTimeoutMs);
  return new PostgresExecutor({ pool, schema: address.schema, deadlineMs, end: () => pool.end() });
}
