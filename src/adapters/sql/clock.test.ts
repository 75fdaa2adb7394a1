/** No statement that writes may contain a clock or chance: each replica of rqlite would evaluate it for itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { timestamp } from '../../registry/original/time.ts';
import { registryContract } from '../../testing/index.ts';
import { SqliteExecutor } from '../sqlite/executor.ts';
import type { SqlExecutor, SqlStatement } from './executor.ts';
import { originalRows } from './original-rows.ts';
import { SqlRegistry } from './registry.ts';
import { sharedTables } from './schema.ts';

const writes =
  /\b(INSERT|UPDATE|DELETE|REPLACE|CREATE)\b\s+(INTO|OR|TABLE|TRIGGER|INDEX|FROM|UNIQUE|\w+\s+(AS\s+\w+\s+)?SET)\b/;
const clocks =
  /\b(unixepoch|julianday|strftime|datetime|date|time|timediff|random|randomblob|changes|total_changes|last_insert_rowid)\s*\(|\bCURRENT_(TIMESTAMP|TIME|DATE)\b|'now'/i;
const shared = new Set(
  Object.values(sharedTables)
    .flat()
    .map((statement) => statement.sql),
);

function hasClock(text: string): boolean {
  return writes.test(text) && clocks.test(text) && !shared.has(text);
}

/** The one statement that gives a row: rqlite does so where it stands by itself, without a sub-query. */
const claiming = 'UPDATE ringwatch_cluster SET fence = fence + 1 WHERE id = 1 RETURNING fence';

/** From then on SQLite reads rows backwards wherever their order is its own choice. */
const backwards: SqlStatement = { sql: 'PRAGMA reverse_unordered_selects = 1', values: [] };

/** Runs every fourth case of the contract over a database and keeps what was written to it, in order. */
async function recordContract(
  directory: string,
  quarter: number,
  run: (log: SqlStatement[][], database: SqlExecutor) => Promise<void>,
): Promise<void> {
  let fileCount = 0;
  for (const { run: play } of registryContract.filter((_, index) => index % 4 === quarter)) {
    const log: SqlStatement[][] = [];
    const executors: SqlExecutor[] = [];
    let now = 1_700_000_000_000;
    fileCount++;
    const path = join(directory, `${fileCount}.db`);
    const open = async (): Promise<SqlRegistry> => {
      const inner = await SqliteExecutor.open(path, { now: () => now });
      executors.push(inner);
      return new SqlRegistry({
        isNeverStale: true,
        now: () => inner.now(),
        read: (statements) => inner.read(statements),
        transact: async (statements) => {
          const results = await inner.transact(statements);
          log.push([...statements]);
          return results;
        },
        close: () => inner.close(),
      });
    };
    const first = async (): Promise<SqlExecutor> => executors[0] ?? SqliteExecutor.open(path);
    try {
      await play({
        open: async () => {
          const registry = await open();
          await registry.migrate();
          return registry;
        },
        another: open,
        openUnmigrated: async () => [await open(), await open()],
        advance: (durationMs) => {
          now += durationMs;
        },
        asOriginal: () => ({
          ...originalRows({
            isNeverStale: true,
            now: async () => now,
            read: async (statements) => (await first()).read(statements, 'leader'),
            transact: async (statements) => {
              log.push([...statements]);
              return (await first()).transact(statements);
            },
            close: async () => {},
          }),
          timeAgo: (agoMs) => timestamp(now - agoMs),
        }),
      });
      await run(log, await first());
    } finally {
      for (const executor of executors) await executor.close();
    }
  }
}

async function contentsOf(database: SqlExecutor): Promise<string> {
  const [names] = await database.read(
    [{ sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", values: [] }],
    'leader',
  );
  const tables = (names?.rows ?? []).map((row) => String(row['name']));
  const rows = await database.read(
    tables.map((name) => ({ sql: `SELECT * FROM "${name}" ORDER BY 1, 2`, values: [] })),
    'leader',
  );
  return JSON.stringify(
    tables.map((name, index) => [name, rows[index]?.rows]),
    null,
    1,
  );
}

describe('what writes', () => {
  it('contains no clock and no chance, wherever it is written down', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const found: string[] = [];
    let statementCount = 0;
    for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
      for (const [text] of readFileSync(join(root, path), 'utf8').matchAll(/`[^`]*`|'[^'\n]*'|"[^"\n]*"/g)) {
        if (!writes.test(text)) continue;
        statementCount++;
        const inside = text.slice(1, -1).replace(/\s+/g, ' ').trim();
        if (hasClock(inside)) found.push(`${path}: ${inside.slice(0, 120)}`);
      }
    }
    expect(statementCount).toBeGreaterThan(30);
    expect(found).toEqual([]);
  });

  it.each([0, 1, 2, 3])(
    'contains none when it runs, binds every time, and comes out alike when it is replayed (quarter %d)',
    async (quarter) => {
      const directory = await mkdtemp(join(tmpdir(), 'ringwatch-clock-'));
      let statementCount = 0;
      let replayCount = 0;
      try {
        await recordContract(directory, quarter, async (log, database) => {
          for (const { sql: text } of log.flat()) {
            statementCount++;
            if (hasClock(text)) throw new Error(`a clock in ${text}`);
            // A trigger is one statement that holds others.
            if (!text.startsWith('CREATE TRIGGER')) expect(text).not.toMatch(/;\s*\S|^WITH\b/i);
            if (/\bRETURNING\b/i.test(text)) expect(text).toBe(claiming);
            // What is limited must not be the replica's choice, nor the number that a new row gets.
            if (/^DELETE\b.*\bLIMIT\b/i.test(text)) expect(text).toMatch(/ ORDER BY /);
            if (/^INSERT INTO ringwatch_events\b(?!.*VALUES)/i.test(text))
              expect(text).toMatch(/ ORDER BY id$/);
          }
          replayCount++;
          const replica = await SqliteExecutor.open(join(directory, `replica ${replayCount}.db`), {
            now: () => 1,
          });
          try {
            // A replica may read its rows in another order wherever a statement does not say which.
            await replica.read([backwards]);
            for (const statements of log) await replica.transact(statements);
            expect(await contentsOf(replica)).toBe(await contentsOf(database));
          } finally {
            await replica.close();
          }
        });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
      expect(statementCount).toBeGreaterThan(250);
    },
  );

  it.each([
    "INSERT INTO t (at) VALUES (datetime('now'))",
    'DELETE FROM t WHERE at < unixepoch(x)',
    'UPDATE t SET at = CURRENT_TIMESTAMP',
    'CREATE TABLE t (at INTEGER DEFAULT (random()))',
    'UPDATE t AS v SET n = last_insert_rowid()',
  ])('would be found: %s', (text) => {
    expect(hasClock(text)).toBe(true);
  });
});
