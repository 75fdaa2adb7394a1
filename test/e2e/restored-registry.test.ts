/**
 * A backup of the registry that is restored under running agents: real processes on a SQLite file and on a PostgreSQL server.
 * No fence comes again, and what had been found out since the backup is found again in seconds.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../src/cli/postgres-server.ts';
import { openRegistry } from '../../src/index.ts';
import { backUpPostgres, backUpSqlite, type Restore } from '../harness/backups.ts';
import { postgresServers } from '../harness/postgres-servers.ts';
import { eventually, type Running, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

interface Place {
  readonly registry: string;
  readonly directory: string;
  /** Backs it up as it is now. */
  backUp(): Promise<Restore>;
}

const ids = ['node-a', 'node-b', 'node-c', 'node-d', 'node-e'];
const dead = ['node-d', 'node-e'];

interface Fence {
  readonly node: string;
  readonly fence: number;
}

async function cluster({ registry, directory }: Place) {
  const witness = join(directory, 'recoveries');
  const command = `echo "$RINGWATCH_NODE $RINGWATCH_FENCE" >> '${witness}'`;
  const start = (id: string): Running =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0'],
      ...['--preset', 'local', '--max-dead-fraction', '0.5', '--log-level', 'silent', '--events'],
      // Nodes are killed here before all of their observers have heard them.
      ...['--startup-grace-period', '1s', '--lone-grace', '1s'],
      ...['--on-dead', command],
    ]);
  const agents = new Map(ids.map((id) => [id, start(id)]));
  for (const agent of agents.values())
    await agent.waitFor(
      ({ event, targetIds: targets }) => event === 'watching' && isFull(targets),
      'a full list',
    );
  const fences = async (): Promise<readonly Fence[]> => {
    const text = await readFile(witness, 'utf8').catch(() => '');
    return text
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ node: line.split(' ')[0] ?? '', fence: Number(line.split(' ')[1]) }));
  };
  return { agents, fences, start };
}

function isFull(targets: unknown): boolean {
  return Array.isArray(targets) && targets.length === 3;
}

function survivorsOf(agents: ReadonlyMap<string, Running>): Running[] {
  return [...agents].filter(([id]) => !dead.includes(id)).map(([, agent]) => agent);
}

/** Two nodes die after the backup and are recovered; then it is restored, and they are found and recovered again. */
async function restoreUnderAgents(place: Place): Promise<void> {
  const { agents, fences } = await cluster(place);
  const restore = await place.backUp();
  const follower = startCommand(['events', '--follow', '--registry', place.registry]);
  await follower.waitForOutput(/joined/);
  for (const id of dead) agents.get(id)?.signal('SIGKILL');
  await eventually(async () => (await fences()).length >= 2, 'two recoveries');
  await follower.waitForOutput(
    /has recovered node-d[\s\S]*has recovered|has recovered node-e[\s\S]*has recovered/,
  );
  const before = await fences();
  expect(before.map(({ node }) => node).toSorted()).toEqual(dead);

  await restore();
  const restoredAt = performance.now();
  for (const agent of survivorsOf(agents)) {
    const told = await agent.waitFor(
      ({ event }) => event === 'registry-went-back',
      'what became of the registry',
    );
    expect(told).toMatchObject({ generation: 1 });
  }
  await eventually(async () => (await fences()).length >= 4, 'two recoveries once more');
  // A time to death anew would be shorter than this; half a quorum window, after which votes are affirmed, much longer.
  expect(performance.now() - restoredAt).toBeLessThan(45_000);
  // The two recoveries run beside each other, so their handlers write in any order.
  const all = (await fences()).map(({ fence }) => fence);
  expect(new Set(all).size).toBe(all.length);
  expect(Math.max(...all.slice(0, 2))).toBeLessThan(2 ** 32);
  expect(Math.min(...all.slice(2))).toBeGreaterThan(2 ** 32);

  await follower.waitForErrors(/The log went back/);
  await follower.waitForOutput(/fence 4294967297/);
  follower.signal('SIGINT');
  expect((await follower.ended).stderr.match(/The log went back/g)).toHaveLength(1);
  const registry = await openRegistry(place.registry);
  onTestFinished(() => registry.close());
  const { events } = await registry.readEvents({ after: null, limit: 1_000 });
  expect(events.filter(({ kind }) => kind === 'registry-went-back')).toHaveLength(1);
  for (const agent of survivorsOf(agents))
    expect(agent.lines.filter(({ event }) => event === 'self-dead')).toEqual([]);
}

async function sqlitePlace(): Promise<Place> {
  const directory = await temporaryDirectory();
  const registry = `sqlite:${join(directory, 'cluster.db')}`;
  return { registry, directory, backUp: async () => backUpSqlite(directory, 'cluster.db') };
}

test('a SQLite file is restored under agents', async () => {
  await restoreUnderAgents(await sqlitePlace());
});

const [binaries] = postgresServers();

test.skipIf(binaries === undefined)('a PostgreSQL database is restored under agents', async () => {
  const server = await startPostgres(binaries === undefined ? {} : { binaries });
  onTestFinished(() => server.dispose());
  const directory = await temporaryDirectory();
  const database = new pg.Pool({ connectionString: server.url });
  onTestFinished(() => database.end());
  const backUp = async (): Promise<Restore> => {
    const { rows } = await database.query<{ schema: string }>(
      "SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'ringwatch_nodes'",
    );
    return backUpPostgres(database, rows[0]?.schema ?? '');
  };
  await restoreUnderAgents({ registry: server.url, directory, backUp });
});

test('agents that the backup does not know join again, above their epochs, and go on', async () => {
  const place = await sqlitePlace();
  const empty = await openRegistry(place.registry);
  await empty.migrate();
  const restore = await place.backUp();
  await empty.close();
  const { agents, fences } = await cluster(place);
  agents.get('node-e')?.signal('SIGKILL');
  await eventually(async () => (await fences()).length >= 1, 'a recovery');

  await restore();
  const living = [...agents].filter(([id]) => id !== 'node-e').map(([, agent]) => agent);
  for (const agent of living) {
    await agent.waitFor(
      ({ event, nodeId, targetId, ...line }) =>
        event === 'joined' && nodeId === targetId && Number(line['targetEpoch']) > 1,
      'a later epoch',
    );
    expect(agent.lines.filter(({ event }) => event === 'self-dead')).toEqual([]);
  }
  agents.get('node-d')?.signal('SIGKILL');
  await eventually(async () => (await fences()).length >= 2, 'the next recovery');
  const all = await fences();
  expect(all.map(({ node }) => node)).toEqual(['node-e', 'node-d']);
  expect(all[1]?.fence).toBeGreaterThan(2 ** 32);
});

test('where no agent remembers, an operator says that a backup was restored', async () => {
  const { registry: url } = await sqlitePlace();
  const registry = await openRegistry(url);
  onTestFinished(() => registry.close());
  await registry.migrate();
  const { code, stdout } = await runCommand(['restored', '--registry', url, '--as', 'operator:ada']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('new generation')]);
  const { events } = await registry.readEvents({ after: null, limit: 10 });
  expect(events).toMatchObject([
    { kind: 'registry-went-back', observerId: 'operator:ada', detail: { generation: 1 } },
  ]);
  const { progress } = await registry.readRound({ nodeId: 'a', epoch: 1, lookAhead: 1, watched: [] });
  expect(progress.fence).toBe(2 ** 32);
});
