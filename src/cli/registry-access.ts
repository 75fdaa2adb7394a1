/** How commands reach the registry: opened by its URL in one place, every call bounded, closed in every case. */
import { existsSync } from 'node:fs';
import { parseSqlitePath } from '../adapters/sqlite/path.ts';
import { systemClock } from '../adapters/system/index.ts';
import { openRegistry } from '../library/open-registry.ts';
import { withDeadline } from '../monitor/deadline.ts';
import type { Registry } from '../ports/registry.ts';
import { CommandError } from './failure.ts';

export interface AccessOptions {
  readonly registry: string;
  /** Bound of each call. */
  readonly timeoutMs: number;
}

/** An open registry for a command that runs once or in turns. */
export interface RegistryAccess {
  /** One or more calls as one step: rejects when they take longer than the bound. */
  call<Value>(run: (registry: Registry) => Promise<Value>): Promise<Value>;
}

/** Opens an existing registry, hands it to `run` and closes it. A SQLite file that is not there is not created. */
export async function withRegistry<Value>(
  { registry: url, timeoutMs }: AccessOptions,
  run: (access: RegistryAccess) => Promise<Value>,
): Promise<Value> {
  if (isSqlite(url)) {
    const path = parseSqlitePath(url);
    if (!existsSync(path)) {
      throw new CommandError(
        `There is no registry at ${path}: no agent has been started with it. Name the right one with --registry.`,
      );
    }
  }
  const registry = await withDeadline(systemClock, timeoutMs, () => openRegistry(url));
  try {
    return await run({ call: (ask) => withDeadline(systemClock, timeoutMs, () => ask(registry)) });
  } finally {
    await withDeadline(systemClock, 1_000, () => registry.close()).catch(() => undefined);
  }
}

/** Whether the URL names a file of this machine. */
export function isSqlite(url: string): boolean {
  return /^sqlite:/i.test(url);
}
