/** How commands reach the registry: opened by its URL in one place, every call bounded, closed in every case. */
import { existsSync } from 'node:fs';
import { parseSqlitePath } from '../adapters/sqlite/path.ts';
import { systemClock } from '../adapters/system/index.ts';
import { openRegistry } from '../library/open-registry.ts';
import { registryKindOf } from '../library/registry-url.ts';
import { withDeadline } from '../monitor/deadline.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';
import { CommandError, failureOfFile } from './failure.ts';

export interface AccessOptions {
  readonly registry: string;
  /** Bound of each call. */
  readonly timeoutMs: number;
}

/** An open registry for a command that runs once or in turns. */
export interface RegistryAccess {
  /** One or more reading calls as one step: rejects when they take longer than the bound, never with `ambiguous`. */
  read<Value>(run: (registry: Registry) => Promise<Value>): Promise<Value>;
  /** The same for calls that write. */
  write<Value>(run: (registry: Registry) => Promise<Value>): Promise<Value>;
}

/** The registry's own limit ends a little sooner, so that its explanation is what is told. */
const shareOfTime = 0.9;

/** Opens an existing registry, hands it to `run` and closes it. A SQLite file that is not there is not created. */
export async function withRegistry<Value>(
  { registry: url, timeoutMs }: AccessOptions,
  run: (access: RegistryAccess) => Promise<Value>,
): Promise<Value> {
  const isFile = registryKindOf(url) === 'sqlite';
  if (isFile) refuseMissing(parseSqlitePath(url));
  try {
    const callTimeoutMs = Math.max(1, Math.floor(timeoutMs * shareOfTime));
    const registry = await withDeadline(systemClock, timeoutMs, () => openRegistry(url, { callTimeoutMs }));
    try {
      return await run(accessTo(registry, timeoutMs));
    } finally {
      await withDeadline(systemClock, 1_000, () => registry.close()).catch(() => undefined);
    }
  } catch (error) {
    throw isFile ? failureOfFile(error) : error;
  }
}

function accessTo(registry: Registry, timeoutMs: number): RegistryAccess {
  const write: RegistryAccess['write'] = (ask) => withDeadline(systemClock, timeoutMs, () => ask(registry));
  return {
    write,
    async read(ask) {
      try {
        return await write(ask);
      } catch (error) {
        if (!(error instanceof RegistryError) || error.code !== 'ambiguous') throw error;
        // What was only read has had no effect, whatever the answer would have been.
        throw new RegistryError('unavailable', error.message, { cause: error });
      }
    },
  };
}

function refuseMissing(path: string): void {
  if (existsSync(path)) return;
  throw new CommandError(
    `There is no registry at ${path}: no agent has been started with it. Name the right one with --registry.`,
  );
}
