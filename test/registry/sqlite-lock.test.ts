/** Other processes on one SQLite file: waiting for their locks never blocks this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { joinRequest } from '../../src/testing/registry-scene.ts';

/** Holds the write lock until it reads a line, then says so and ends. */
const holder = `
  const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve('libsql'))});
  const database = new Database(process.argv[1], { timeout: 5000 });
  database.exec('BEGIN IMMEDIATE');
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

async function holdLock(path: string): Promise<{ release(): Promise<void> }> {
  const child = await start(holder, path);
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

/** The longest time that the event loop did not turn while `work` ran. */
async function longestStall(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setTimeout(turn, 1);
  };
  turn();
  await work();
  isOver = true;
  turn();
  return longest;
}

const pause = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

describe('while another process holds the write lock', () => {
  it('for a second, the event loop goes on turning, calls wait, and then are done in order', async () => {
    const path = join(directory, 'held.db');
    const executor = await SqliteExecutor.open(path);
    const registry = new SqlRegistry(executor);
    await registry.migrate();
    // A busy machine stalls every process now and then; a wait in the driver would stall this one each time.
    const stalls: number[] = [];
    for (let attempt = 0; attempt < 6 && Math.min(...stalls) >= 50; attempt++) {
      const lock = await holdLock(path);
      let doneCount = 0;
      const ids = Array.from({ length: 20 }, (_, index) => `${attempt}-${String(index).padStart(2, '0')}`);
      const order: string[] = [];
      const calls = ids.map(async (id) => {
        await registry.join(joinRequest(id, id));
        order.push(id);
        doneCount++;
      });
      stalls.push(
        await longestStall(async () => {
          await pause(1_000);
          expect(doneCount).toBe(0);
          // Reading waits for nobody.
          expect(await registry.readNode('nobody')).toBeNull();
        }),
      );
      await lock.release();
      await Promise.all(calls);
      expect(order).toEqual(ids);
    }
    await registry.close();
    expect(Math.min(...stalls)).toBeLessThan(50);
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
