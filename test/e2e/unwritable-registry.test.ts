/**
 * Registries that can be read and not written, with real agents: a held lock, a full disk, locked tables, a cluster without a
 * quorum. Each agent tells of it once, `status --check` is not green, and a death of that time is found afterwards.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../src/cli/postgres-server.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { briskRaft, startTestCluster } from '../harness/rqlite-cluster.ts';
import { eventually, type Running, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

type Unblock = () => unknown;

const nodeIds = ['node-a', 'node-b', 'node-c'];
const status = (registry: string) =>
  runCommand(['status', '--check', '--json', '--registry', registry, '--timeout', '4s']);

/** Kills node-b while the registry takes no writes. Gives what `status --check` said of it then. */
async function killWhileBlocked(registry: string, block: () => Promise<Unblock> | Unblock) {
  // So long that the other survivor reads the verdict while its recovery is open; it does not tell of a closed one.
  const onDead = 'sleep 3';
  const agents = nodeIds.map((id) =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0', '--on-dead', onDead],
      ...['--preset', 'local', '--log-level', 'error', '--events'],
      // One is killed here before the others may have heard it.
      ...['--startup-grace-period', '1s', '--lone-grace', '1s'],
    ]),
  );
  const [first, victim, last] = agents;
  if (first === undefined || victim === undefined || last === undefined) throw new Error('three agents');
  for (const agent of agents)
    await agent.waitFor(
      ({ event, ...line }) => event === 'watching' && lengthOf(line['targetIds']) === 2,
      'a whole ring',
    );
  await eventually(async () => (await status(registry)).code === 0, 'a green status');

  const unblock = await block();
  victim.signal('SIGKILL');
  const survivors = [first, last];
  for (const agent of survivors) {
    const outage = await agent.waitFor((line) => isOutage(line, 'writes'), 'an outage of writes');
    expect(outage['message']).toMatch(/./);
    await agent.waitForErrors(/registry out of reach, writes fail: /);
  }
  const told = await status(registry);
  // However often a write fails meanwhile.
  for (const agent of survivors)
    expect(agent.lines.filter((line) => isOutage(line, 'writes'))).toHaveLength(1);

  await unblock();
  for (const agent of survivors) {
    await agent.waitFor((line) => line.event === 'outage' && line['isOn'] === false, 'the end of the outage');
    await agent.waitFor(({ event, targetId }) => event === 'verdict' && targetId === 'node-b', 'the verdict');
  }
  await recovered(survivors);
  return told;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1;
}

function isOutage(line: Running['lines'][number], fails: string): boolean {
  return line.event === 'outage' && line['isOn'] === true && line['fails'] === fails;
}

async function recovered(agents: readonly Running[]): Promise<void> {
  const ends = ({ event, targetId }: Running['lines'][number]): boolean =>
    event === 'handler-ended' && targetId === 'node-b';
  await eventually(() => agents.some(({ lines }) => lines.some(ends)), 'the recovery');
}

/** That the writes are the trouble, though every node may look well. */
function expectUnwritable({ code, stdout, stderr }: Awaited<ReturnType<typeof status>>): void {
  expect(code).toBe(3);
  expect(stderr).toMatch(/^The registry takes no writes: ./m);
  expect(JSON.parse(stdout)).toMatchObject({ writeProblem: expect.stringMatching(/./) });
}

test('a SQLite file whose lock another process holds is an outage of writes', async () => {
  const file = join(await temporaryDirectory(), 'cluster.db');
  const told = await killWhileBlocked(`sqlite:${file}`, () => {
    const holder = new Database(file, { timeout: 20_000 });
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN IMMEDIATE');
    return () => holder.exec('ROLLBACK');
  });
  expectUnwritable(told);
});

test.skipIf(!canMount())('a SQLite file on a disk that is full is an outage of writes', async () => {
  const directory = await temporaryDirectory();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', directory]);
  onTestFinished(() => void execFileSync('umount', ['--lazy', directory]));
  const told = await killWhileBlocked(`sqlite:${join(directory, 'cluster.db')}`, () => {
    const filler = join(directory, 'filler');
    // To the last page.
    for (const size of [1 << 20, 1 << 12]) fill(filler, size);
    return () => rmSync(filler);
  });
  expectUnwritable(told);
});

test.skipIf(postgresServers().length === 0)(
  'a PostgreSQL whose tables are locked is an outage of writes',
  async () => {
    const [binaries] = postgresServers();
    const server = await startPostgres(binaries === undefined ? {} : { binaries });
    onTestFinished(() => server.dispose());
    const told = await killWhileBlocked(server.url, async () => {
      const client = new pg.Client({ connectionString: server.url });
      client.on('error', () => undefined);
      onTestFinished(() => client.end());
      await client.connect();
      const { rows } = await client.query(
        "SELECT schemaname FROM pg_tables WHERE tablename = 'ringwatch_nodes' LIMIT 1",
      );
      const schema = String(rows[0]?.schemaname);
      const tables = ['nodes', 'operations'].map((name) => `${schema}.ringwatch_${name}`).join(', ');
      await client.query(`BEGIN; LOCK TABLE ${tables} IN SHARE MODE`);
      return () => client.query('ROLLBACK');
    });
    expectUnwritable(told);
  },
);

test('an rqlite that has lost its quorum is an outage of writes, though a server is read', async () => {
  const cluster = await startTestCluster({ flags: briskRaft });
  onTestFinished(() => cluster.dispose());
  const told = await killWhileBlocked(cluster.url, async () => {
    await cluster.kill(1);
    await cluster.kill(2);
    return () => cluster.heal();
  });
  // People read through the leader, so there is nothing to show without one.
  expect(told).toMatchObject({ code: 1, stderr: expect.stringMatching(/leader/) });
});

function fill(path: string, size: number): void {
  const block = Buffer.alloc(size);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** Whether a small disk can be had: as root, where mounting is allowed. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
