/** Other processes on one SQLite file: waiting for their locks never blocks this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';

/** Holds the write lock until it reads a line, then says so and ends. */
const holder = `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('libsql'))});
  const database = new Database(process.argv[1], { timeout: 5000 });
  database.exec('BEGIN ' + process.argv[2]);
  process.stdout.write('held\\n');
  process.stdin.once('data', () => {
    database.exec('COMMIT');
    process.exit(0);
  });
`;

/** Adds one to a counter as often as it can, so many times. */
const counter = `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('libsql'))});
  const database = new Database(process.argv[1], { timeout: 60000 });
  for (let count = 0; count < Number(process.argv[2]); count++) {
    database.exec('BEGIN IMMEDIATE');
    database.exec('UPDATE counter SET value = value + 1');
    database.exec('COMMIT');
  }
`;

let directory = '';
const children: ChildProcess[] = [];

beforeEach(async () => {
  calls.length = 0;
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-lock-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await rm(directory, { recursive: true, force: true });
});

async function start(script: string, ...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', script, '--', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function holdLock(
  path: string,
  kind: 'IMMEDIATE' | 'EXCLUSIVE' = 'IMMEDIATE',
): Promise<{ release(): Promise<void> }> {
  const child = await start(holder, path, kind);
  if (child.stdout === null || child.stdin === null) throw new Error('a child without pipes');
  await once(child.stdout, 'data');
  const { stdin } = child;
  return {
    release: async () => {
      const ended = once(child, 'exit');
      stdin.write('\n');
      await ended;
    },
  };
}

/** Calls into the driver since the last look, each of which blocks this process: how long they took, and which found a lock. */
const calls: { durationMs: number; isLocked: boolean }[] = [];

/** Times every call into the driver. */
function watchDriver(): void {
  const prepared: object = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1'));
  const timed = (target: object, name: string): void => {
    const original: (...args: unknown[]) => unknown = Reflect.get(target, name);
    vi.spyOn(target as Record<string, typeof original>, name).mockImplementation(function (
      this: unknown,
      ...args
    ) {
      const startedAt = performance.now();
      let isLocked = false;
      try {
        return original.apply(this, args);
      } catch (error) {
        isLocked = /^SQLITE_BUSY/.test((error as { code?: string }).code ?? '');
        throw error;
      } finally {
        calls.push({ durationMs: performance.now() - startedAt, isLocked });
      }
    });
  };
  for (const name of ['exec', 'prepare']) timed(Database.prototype, name);
  for (const name of ['all', 'run']) timed(prepared, name);
}

/**
 * Asserts that so many calls found a lock and that none of them waited for it: a driver that waits does so in every
 * one, so that their median tells it from a machine that is busy now and then.
 */
function expectNoWait(leastCount: number): void {
  const seen = calls.splice(0);
  const locked = seen.filter(({ isLocked }) => isLocked);
  for (const some of [seen, locked]) {
    const durations = some.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
    expect(durations[Math.floor(durations.length / 2)] ?? 0).toBeLessThan(5);
  }
  expect(locked.length).toBeGreaterThanOrEqual(leastCount);
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe('while another process holds the write lock', () => {
  it('no call into the driver waits for it; calls of ours do, and are done in order', async () => {
    const path = join(directory, 'held.db');
    const executor = await SqliteExecutor.open(path);
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    const lock = await holdLock(path);
    watchDriver();
    const ids = Array.from({ length: 20 }, (_, index) => String(index).padStart(2, '0'));
    const order: string[] = [];
    const joins = ids.map(async (id) => {
      await registry.join(joinRequest(id, id));
      order.push(id);
    });
    await pause(600);
    expect(order).toEqual([]);
    expectNoWait(5);
    // Reading waits for no writer, and finds no lock.
    expect(await registry.readNode('unknown')).toBeNull();
    expectNoWait(0);
    await lock.release();
    await Promise.all(joins);
    expect(order).toEqual(ids);
    await registry.close();
  });

  it('migrating does not block either', async () => {
    const path = join(directory, 'migrating.db');
    const executor = await SqliteExecutor.open(path, { lockTimeoutMs: 600 });
    const lock = await holdLock(path);
    watchDriver();
    await expect(new SqlRegistry(executor).migrate()).rejects.toMatchObject({ code: 'unavailable' });
    expectNoWait(5);
    await lock.release();
    await new SqlRegistry(executor).migrate();
    await executor.close();
  });

  it('opening does not block either, where even reading is locked', async () => {
    const path = join(directory, 'opening.db');
    const lock = await holdLock(path, 'EXCLUSIVE');
    watchDriver();
    await expect(SqliteExecutor.open(path, { lockTimeoutMs: 600 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expectNoWait(5);
    const opening = SqliteExecutor.open(path);
    await lock.release();
    const executor = await opening;
    // The driver waits for nothing at all, however short.
    const [result] = await executor.read([{ sql: 'PRAGMA busy_timeout', values: [] }]);
    expect(result?.rows).toEqual([{ timeout: 0 }]);
    await executor.close();
  });

  it('for longer than a call waits, the call fails and has had no effect', async () => {
    const path = join(directory, 'long.db');
    const executor = await SqliteExecutor.open(path, { lockTimeoutMs: 150 });
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    const lock = await holdLock(path);
    const calls = await Promise.allSettled([
      registry.join(joinRequest('a', 'i1')),
      registry.join(joinRequest('b', 'i2')),
    ]);
    await lock.release();
    for (const call of calls) {
      expect(call).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'unavailable',
          message: expect.stringMatching(/has held the lock of .* for 150 ms; nothing was written/),
        },
      });
    }
    expect(await registry.readNode('a')).toBeNull();
    expect(await registry.join(joinRequest('a', 'i1'))).toEqual({ outcome: 'joined', epoch: 1 });
    await registry.close();
  });

  it('a registry that is closed lets go of the calls that wait', async () => {
    const path = join(directory, 'closed.db');
    const registry = new SqlRegistry(await SqliteExecutor.open(path));
    await registry.migrate();
    const lock = await holdLock(path);
    const call = registry.join(joinRequest('a', 'i1')).catch((error: unknown) => error);
    await pause(20);
    await registry.close();
    expect(await call).toMatchObject({ code: 'unavailable' });
    await lock.release();
  });
});

describe('several processes that write', () => {
  it('lose nothing to one another', async () => {
    const path = join(directory, 'counter.db');
    const executor = await SqliteExecutor.open(path, { lockTimeoutMs: 60_000 });
    await executor.transact([
      { sql: 'CREATE TABLE counter (value INTEGER NOT NULL) STRICT', values: [] },
      { sql: 'INSERT INTO counter (value) VALUES (0)', values: [] },
    ]);
    const others = [await start(counter, path, '300'), await start(counter, path, '300')];
    const ended = Promise.all(others.map((child) => once(child, 'exit')));
    for (let count = 0; count < 100; count++) {
      await executor.transact([{ sql: 'UPDATE counter SET value = value + 1', values: [] }]);
    }
    expect(await ended).toEqual([
      [0, null],
      [0, null],
    ]);
    const [result] = await executor.read([{ sql: 'SELECT value FROM counter', values: [] }]);
    expect(result?.rows).toEqual([{ value: 700 }]);
    await executor.close();
  });
});
