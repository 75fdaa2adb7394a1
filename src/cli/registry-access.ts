/** How commands reach the registry: opened by its URL in one place, every call bounded, closed in every case. */
import { existsSync } from 'node:fs';
import { systemClock } from '../adapters/system/index.ts';
import { loadDriver, type OpenRegistryOptions, openRegistryAt } from '../library/open-registry.ts';
import { parseRegistryUrl, type RegistryAddress } from '../library/registry-url.ts';
import { withDeadline } from '../monitor/deadline.ts';
import type { Logger } from '../ports/logger.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';
import { CommandError, describeFailure, exitCodes, failureOfFile } from './failure.ts';
import { handOver, mayHandOver } from './hand-over.ts';
import type { SharedOptions } from './shared-options.ts';
import { errorText, printable, printError } from './terminal.ts';
import { limitTime, type TimeLimit } from './time-limit.ts';

/** An open registry for a command. All its steps together have the time of `--timeout`. */
export interface RegistryAccess {
  /** One or more reading calls as one step: rejects when the time is over, never with `ambiguous`. */
  read<Value>(run: (registry: Registry) => Promise<Value>): Promise<Value>;
  /** The same for calls that write. */
  write<Value>(run: (registry: Registry) => Promise<Value>): Promise<Value>;
  /** The time begins anew: for a command that has waited for something else, such as a person or its next turn. */
  renew(): Promise<void>;
}

/** A person who reads the registry sees which rows are not as they should be. */
const onlyWarnings: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, message) => printError(`warning: ${printable(message)}`),
  error: (_fields, message) => printError(`warning: ${printable(message)}`),
};

/** Of a limit. The rest is for what must come after a call that failed: its explanation is told before the command is ended. */
const shareOfCalls = 0.9;
const shareOfClosing = 0.05;

/** The registry's own limit of a call ends a little sooner than the caller's, so that its explanation is what is told. */
export function callTimeoutWithin(limitMs: number): number {
  return Math.max(1, Math.floor(limitMs * shareOfCalls));
}

/** Where the registry is, as `--registry` says; its password may be in a file that the environment names. */
export function registryAddress(url: string, environment: NodeJS.ProcessEnv = process.env): RegistryAddress {
  const file = environment['RINGWATCH_REGISTRY_PASSWORD_FILE'] ?? '';
  return parseRegistryUrl(url, file === '' ? {} : { passwordFile: file });
}

/** How a command asks its registry. */
interface AccessOptions extends Pick<SharedOptions, 'registry' | 'timeout'> {
  /** Its exit code when its time is over and it cannot end itself. Default 1. */
  readonly overtimeCode?: number;
  /** Whether the command has told or done something before, and so may not be run anew. Default false. */
  readonly isLater?: boolean;
}

/** Fewer rows are read and shown within a moment. */
const manyRows = 5_000;

/**
 * Opens an existing registry, hands it to `run` and closes it. A SQLite file that is not there is not created. Where the
 * registry has so many rows that no timer might fire for long, the command goes on in a process that can be ended.
 */
export async function withRegistry<Value>(
  { registry: url, timeout: timeoutMs, overtimeCode = exitCodes.failed, isLater = false }: AccessOptions,
  run: (access: RegistryAccess) => Promise<Value>,
): Promise<Value> {
  const address = registryAddress(url);
  if (address.kind === 'sqlite') refuseMissing(address.path);
  const options = {
    openLimitMs: timeoutMs,
    closeLimitMs: timeoutMs * shareOfClosing,
    callTimeoutMs: callTimeoutWithin(timeoutMs),
    logger: onlyWarnings,
  };
  await loadDriver(address);
  const budget = new Budget(timeoutMs, overtimeCode);
  await budget.renew();
  return withOpenRegistry(address, options, async (registry) => {
    const access = accessTo(registry, budget);
    if (!isLater && mayHandOver()) {
      const rowCount = await access.read((open) => open.countRows(manyRows));
      if (rowCount >= manyRows) await handOver(budget.limit());
    }
    return run(access);
  });
}

/** Opens a registry within a bound, hands it to `run` and closes it in every case. */
export async function withOpenRegistry<Value>(
  address: RegistryAddress,
  {
    openLimitMs,
    closeLimitMs,
    ...options
  }: OpenRegistryOptions & { readonly openLimitMs: number; readonly closeLimitMs: number },
  run: (registry: Registry) => Promise<Value>,
): Promise<Value> {
  try {
    const registry = await withDeadline(systemClock, openLimitMs, () => openRegistryAt(address, options));
    try {
      return await run(registry);
    } finally {
      await withDeadline(systemClock, closeLimitMs, () => registry.close()).catch(() => undefined);
    }
  } catch (error) {
    throw address.kind === 'sqlite' ? failureOfFile(error) : error;
  }
}

/** The time that a command has for the registry. */
class Budget {
  readonly #timeoutMs: number;
  readonly #overtimeCode: number;
  #endsAt = 0;
  /** Whether a write was begun: then what has become of it is not known when the command is ended. */
  #mayHaveWritten = false;

  constructor(timeoutMs: number, overtimeCode: number) {
    this.#timeoutMs = timeoutMs;
    this.#overtimeCode = overtimeCode;
  }

  renew(): Promise<void> {
    this.#endsAt = performance.now() + this.#timeoutMs;
    this.#mayHaveWritten = false;
    return this.#tell();
  }

  /** To be called before a write. */
  async noteWrite(): Promise<void> {
    if (this.#mayHaveWritten) return;
    this.#mayHaveWritten = true;
    await this.#tell();
  }

  /** Rejects when the time is over. */
  spend<Value>(call: () => Promise<Value>): Promise<Value> {
    return withDeadline(systemClock, this.#leftMs(), call);
  }

  #leftMs(): number {
    return Math.max(1, this.#endsAt - performance.now());
  }

  /** What is left, and how the command ends when it is over. */
  limit(): TimeLimit {
    const error = this.#mayHaveWritten
      ? new RegistryError('ambiguous', `the registry did not answer within ${this.#timeoutMs} ms`)
      : new CommandError(
          `The registry was not read and shown within ${this.#timeoutMs} ms; --timeout gives it more.`,
        );
    const text = errorText(describeFailure(error).message);
    return { limitMs: this.#leftMs(), text, exitCode: this.#overtimeCode };
  }

  #tell(): Promise<void> {
    return limitTime(this.limit());
  }
}

function accessTo(registry: Registry, budget: Budget): RegistryAccess {
  return {
    renew: () => budget.renew(),
    async write(ask) {
      await budget.noteWrite();
      return budget.spend(() => ask(registry));
    },
    async read(ask) {
      try {
        return await budget.spend(() => ask(registry));
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
