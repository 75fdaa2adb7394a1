import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RegistryError } from '../../ports/registry.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { SqliteExecutor } from './executor.ts';
import { openSqliteRegistry } from './index.ts';
import { parseSqliteUrl } from './url.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-opening-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function failureOf(address: string): Promise<RegistryError> {
  const error: unknown = await openSqliteRegistry(address).catch((reason: unknown) => reason);
  if (!(error instanceof RegistryError))
    throw new Error(`expected an error of the registry, got ${String(error)}`);
  return error;
}

describe('the address of a SQLite registry', () => {
  it.each([
    ['./cluster.db', './cluster.db'],
    ['sqlite:./cluster.db', './cluster.db'],
    ['sqlite:cluster.db', 'cluster.db'],
    ['SQLITE:./cluster.db', './cluster.db'],
    ['sqlite:/var/lib/a b.db', '/var/lib/a b.db'],
    ['sqlite:///var/lib/cluster.db', '/var/lib/cluster.db'],
  ])('%s is the file %s', (address, path) => {
    expect(parseSqliteUrl(address)).toEqual({ kind: 'sqlite', path });
  });

  it.each([
    '',
    'sqlite:',
    ':memory:',
    'sqlite::memory:',
    'SQLite::memory:',
    'rqlite://localhost:4001',
    'http://x/y',
    'file:a.db?mode=ro',
    'a\u0000b',
  ])('%j is none, and the message says what would be', (address) => {
    expect(() => parseSqliteUrl(address)).toThrow(/Expected the path of a SQLite file/);
  });

  it('is refused without the password where it is the URL of another database', () => {
    expect(() => parseSqliteUrl('rqlite://bob:secret@db1')).toThrow('got the address of a server');
  });
});

describe('opening', () => {
  it('creates the file, relative to the working directory too', async () => {
    const path = join(directory, 'ä b.db');
    const registry = await openSqliteRegistry(`sqlite:${relative(process.cwd(), path)}`);
    await registry.migrate();
    expect(await registry.readNode('unknown')).toBeNull();
    await registry.close();
    expect(await readdir(directory)).toEqual(['ä b.db']);
  });

  it('of a directory says so', async () => {
    const error = await failureOf(directory);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toBe(
      `Expected a SQLite file at ${directory}, found a directory; name a file in it, such as ${directory}/cluster.db.`,
    );
  });

  it('in a directory that does not exist says so', async () => {
    const error = await failureOf(join(directory, 'none', 'cluster.db'));
    expect(error.message).toBe(
      `Expected a directory ${join(directory, 'none')} for the SQLite file, found none; create it first.`,
    );
  });

  it('below a file says so', async () => {
    await writeFile(join(directory, 'file'), '');
    expect((await failureOf(join(directory, 'file', 'cluster.db'))).message).toMatch(/Expected a directory/);
  });

  it('of a file that is no database says so', async () => {
    const path = join(directory, 'notes.txt');
    await writeFile(path, 'this is no database at all. '.repeat(100));
    expect(await failureOf(path)).toMatchObject({
      code: 'schema',
      message: `Expected a SQLite database at ${path}, found a file of another kind; name another file, or delete this one.`,
    });
  });

  it('where nothing can be written says so', async () => {
    // Not even root creates files here.
    const error = await failureOf('/proc/ringwatch-cluster.db');
    expect(error.code).toBe('unavailable');
    expect(error.message).toMatch(
      /^Expected to open \/proc\/ringwatch-cluster\.db for reading and writing, but could not/,
    );
  });

  it('an empty file is an empty database', async () => {
    const path = join(directory, 'empty.db');
    await writeFile(path, '');
    const registry = await openSqliteRegistry(path);
    await registry.migrate();
    await registry.close();
  });

  it('by many at the same moment makes one registry of them all', async () => {
    const path = join(directory, 'many.db');
    const registries = await Promise.all(Array.from({ length: 8 }, () => openSqliteRegistry(path)));
    await Promise.all(registries.map((registry) => registry.migrate()));
    const results = await Promise.all(
      registries.map((registry, index) => registry.join(joinRequest('a', `${index}`))),
    );
    expect(results.filter(({ outcome }) => outcome === 'joined')).toHaveLength(1);
    for (const registry of registries) await registry.close();
  });
});

describe('an open registry', () => {
  it('says what to do before there are tables', async () => {
    const registry = await openSqliteRegistry(join(directory, 'bare.db'));
    await expect(
      registry.readRound({ nodeId: 'a', epoch: 1, lookAhead: 3, watched: [] }),
    ).rejects.toMatchObject({
      code: 'schema',
      message: expect.stringMatching(
        /^Expected a table \S+, found none: no agent has been started with this database yet\. Start one/,
      ),
    });
    await expect(registry.heartbeat({ nodeId: 'a', epoch: 1 })).rejects.toThrow(/migrate\(\)/);
    await registry.migrate();
    expect(await registry.heartbeat({ nodeId: 'a', epoch: 1 })).toBe('forgotten');
    await registry.close();
  });

  it('refuses calls after it was closed, and can be closed again', async () => {
    const registry = await openSqliteRegistry(join(directory, 'closed.db'));
    await registry.close();
    await registry.close();
    await expect(registry.readNode('a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('leaves no file of its own behind when it is closed', async () => {
    await mkdir(join(directory, 'inner'));
    const registry = await openSqliteRegistry(join(directory, 'inner', 'cluster.db'));
    await registry.migrate();
    await registry.close();
    expect(await readdir(join(directory, 'inner'))).toEqual(['cluster.db']);
  });

  it('keeps a bounded number of statements ready, and runs any number', async () => {
    const executor = await SqliteExecutor.open(join(directory, 'statements.db'));
    for (let count = 0; count < 1_000; count++) {
      const [result] = await executor.read([{ sql: `SELECT ${count} AS x, ? AS y`, values: [count] }]);
      expect(result?.rows).toEqual([{ x: count, y: count }]);
    }
    await executor.close();
  });

  it('undoes a transaction of which a part fails, and goes on', async () => {
    const executor = await SqliteExecutor.open(join(directory, 'undo.db'));
    await executor.transact([{ sql: 'CREATE TABLE t (a TEXT UNIQUE) STRICT', values: [] }]);
    const insert = { sql: 'INSERT INTO t (a) VALUES (?)', values: ['x'] };
    await expect(executor.transact([insert, insert])).rejects.toMatchObject({ code: 'schema' });
    await expect(executor.transact([insert, { sql: 'nonsense', values: [] }])).rejects.toMatchObject({
      code: 'invalid',
    });
    const results = await executor.transact([insert, { sql: 'SELECT a FROM t', values: [] }]);
    expect(results.map(({ rows, changes }) => [rows, changes])).toEqual([
      [[], 1],
      [[{ a: 'x' }], 0],
    ]);
    await executor.close();
  });

  it('goes on with a table that another connection has changed meanwhile', async () => {
    const path = join(directory, 'changed.db');
    const [one, two] = [await SqliteExecutor.open(path), await SqliteExecutor.open(path)];
    await one.transact([{ sql: 'CREATE TABLE t (a TEXT)', values: [] }]);
    const read = { sql: 'SELECT * FROM t', values: [] };
    await one.transact([{ sql: 'INSERT INTO t (a) VALUES (?)', values: ['x'] }]);
    expect((await one.read([read]))[0]?.rows).toEqual([{ a: 'x' }]);
    await two.transact([{ sql: 'ALTER TABLE t ADD COLUMN b INTEGER', values: [] }]);
    expect((await one.read([read]))[0]?.rows).toMatchObject([{ a: 'x' }]);
    await one.close();
    await two.close();
  });

  it('waits for nothing in the middle of a transaction of its own', async () => {
    const executor = await SqliteExecutor.open(join(directory, 'own.db'));
    await executor.transact([
      { sql: 'CREATE TABLE t (a INTEGER) STRICT', values: [] },
      { sql: 'INSERT INTO t VALUES (0)', values: [] },
    ]);
    const add = [
      { sql: 'UPDATE t SET a = a + 1', values: [] },
      { sql: 'SELECT a FROM t', values: [] },
    ];
    const results = await Promise.all(Array.from({ length: 50 }, () => executor.transact(add)));
    expect(results.map((result) => result[1]?.rows[0]?.['a'])).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    await executor.close();
  });
});
