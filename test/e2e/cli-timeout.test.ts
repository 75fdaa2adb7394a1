/** `--timeout` on a registry that is too large to be read in its time: every command ends, and leaves nothing behind. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import { type CommandEnd, runCommand, startCommand } from './cli-process.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const nodeCount = 200_000;
/** More of them than a pipe holds. */
const eventCount = 5_000;
/** Far more than the limit and the start of two processes, and far less than the reading takes on a loaded machine. */
const longestMs = 20_000;

let directory = '';
let registry = '';
let executor: SqliteExecutor;

async function run(...texts: readonly string[]) {
  return executor.transact(texts.map((sql) => ({ sql, values: [] })));
}

/** So many rows as copies of one, with changes that may use the number `n` of each. */
async function copy(
  table: string,
  where: string,
  count: number,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const [columns] = await executor.read([
    { sql: `SELECT name FROM pragma_table_info('${table}')`, values: [] },
  ]);
  const all = (columns?.rows ?? []).map(({ name }) => String(name));
  const values = all.map((name) => changes[name] ?? name);
  await run(
    `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
     INSERT INTO ${table} (${all.join(', ')}) SELECT ${values.join(', ')} FROM ${table}, numbers WHERE ${where}`,
  );
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-cli-timeout-'));
  const path = join(directory, 'large.db');
  registry = `sqlite:${path}`;
  const first = await openSqliteRegistry(path);
  await first.migrate();
  await first.join({
    nodeId: 'first',
    instanceId: 'first',
    address: '10.0.0.1',
    internalAddress: null,
    port: 6001,
    region: null,
    isNamed: true,
    hasHandler: true,
    afterEpoch: 0,
  });
  await first.close();
  executor = await SqliteExecutor.open(path);
  const name = "'node-' || n";
  await copy('ringwatch_nodes', "node_id = 'first'", nodeCount, { node_id: name, instance_id: name });
  await copy('ringwatch_events', 'id = 1', eventCount, { id: 'NULL' });
});

afterAll(async () => {
  await executor.close();
  await rm(directory, { recursive: true, force: true });
});

async function timed(args: readonly string[]): Promise<CommandEnd & { readonly tookMs: number }> {
  const startedAt = performance.now();
  const end = await runCommand([...args, '--registry', registry]);
  return { ...end, tookMs: performance.now() - startedAt };
}

describe('on a registry that is too large for --timeout', () => {
  it.each([
    [1, ['status', '--all']],
    [1, ['status', '--json']],
    [5, ['status', '--check']],
    [1, ['status', '--watch']],
    [1, ['ring']],
    [1, ['why', 'node-1']],
    [1, ['brake', 'status']],
    [1, ['resolve', 'node-1']],
  ])('the exit code is %i, in time, of %s', async (expected, args) => {
    const { code, stdout, stderr, tookMs } = await timed([...args, '--timeout', '300ms']);
    expect(stderr).toMatch(/^error: .*registry .* within \d+ ms/);
    expect(stdout).toBe('');
    expect(code).toBe(expected);
    expect(tookMs).toBeLessThan(longestMs);
  });

  it('a write ends in time, says that it may have been done, and leaves neither a lock nor a half of itself', async () => {
    await run(
      `CREATE TRIGGER for_ever AFTER UPDATE ON ringwatch_nodes BEGIN
         INSERT INTO ringwatch_operations (operation_id, at)
         WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT 'half', n FROM c WHERE n < 0;
       END`,
    );
    // The start of the second process is a part of it.
    const { code, stdout, stderr, tookMs } = await timed([
      ...['maintenance', 'node-7', '--for', '1h', '--timeout', '3s'],
    ]);
    expect(stderr).toMatch(
      /^error: the registry did not answer within \d+ ms\.\nIt may or may not have done/,
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(tookMs).toBeLessThan(longestMs);
    await run('DROP TRIGGER for_ever');
    const until = "SELECT maintenance_until AS until FROM ringwatch_nodes WHERE node_id = 'node-7'";
    const [before] = await executor.read([{ sql: until, values: [] }]);
    expect(before?.rows).toEqual([{ until: 0 }]);
    expect((await timed(['maintenance', 'node-7', '--for', '1h'])).code).toBe(0);
    const [after] = await executor.read([{ sql: until, values: [] }]);
    expect(after?.rows[0]?.['until']).toBeGreaterThan(0);
  });

  it('what a slow reader has not taken yet is not lost', async () => {
    // The reader begins when the limit is over.
    const line = '"$0" "$1" events --json -n "$2" --timeout 5s --registry "$3" | (sleep 7; cat)';
    const { stdout, stderr } = await promisify(execFile)(
      'sh',
      ['-c', line, process.execPath, main, String(eventCount), registry],
      { maxBuffer: 1 << 30 },
    );
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toHaveLength(eventCount);
  });

  it('what follows goes on past it, and ends by one signal', async () => {
    const child = startCommand(['events', '--follow', '--timeout', '4s', '--registry', registry]);
    await child.waitForOutput(/first joined/);
    await sleep(5_500);
    const name = "'new'";
    await copy('ringwatch_events', 'id = 1', 1, { id: 'NULL', observer_id: name, target_id: name });
    await child.waitForOutput(/new joined/);
    child.signal('SIGINT');
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('a signal is not lost that comes while the command begins to hear of them', async () => {
    // It hears them by then, and its supervisor does not know that yet.
    const heldUp = `const { send } = process;
      if (send) process.send = (word, ...rest) => {
        if (word.kind === 'hearing') {
          process.stderr.write('held up\\n');
          for (const until = Date.now() + 3000; Date.now() < until; );
        }
        return send.call(process, word, ...rest);
      };`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(heldUp)}`;
    const args = ['events', '--follow', '--registry', registry];
    const child = startCommand(args, { environment: { NODE_OPTIONS } });
    await child.waitForErrors(/held up/);
    child.signal('SIGINT');
    expect((await child.ended).code).toBe(0);
  });

  it('a command ends with the process that watches over it', async () => {
    const child = startCommand(['events', '--follow', '--registry', registry]);
    await child.waitForOutput(/first joined/);
    child.signal('SIGKILL');
    // Its output ends when no process has it any more.
    expect((await child.ended).code).toBe(null);
  });
});
