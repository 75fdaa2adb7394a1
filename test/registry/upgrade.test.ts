/** A registry of the version before: its deaths, leases, fences and log go on, and the upgrade itself finds no node dead. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/adapters/sql/migrate.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { migrations } from '../../src/adapters/sql/schema.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { Scene } from '../../src/testing/registry-scene.ts';

const upgradedAt = 1_700_000_000_000;
const [a, b, c] = [life('a', 2), life('b', 2), life('c')];
let now = upgradedAt;
let directory = '';
let executor: SqliteExecutor;
let registry: SqlRegistry;
let stage: Scene;

beforeEach(async () => {
  now = upgradedAt;
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-upgrade-'));
  executor = await SqliteExecutor.open(join(directory, 'cluster.db'), { now: () => now });
  const text = await readFile(new URL('before-upgrade.sql', import.meta.url), 'utf8');
  const statements = text.replace(/^--.*$/gm, '').split(/;\n/);
  await executor.transact(
    statements.filter((sql) => sql.trim() !== '').map((sql) => ({ sql: sql.trim(), values: [] })),
  );
  registry = new SqlRegistry(executor);
  await registry.migrate();
  stage = new Scene(registry, {
    open: async () => registry,
    another: async () => registry,
    openUnmigrated: async () => [registry, registry],
  });
});

afterEach(async () => {
  await executor.close();
  await rm(directory, { recursive: true, force: true });
});

function life(nodeId: string, epoch = 1) {
  return { nodeId, epoch };
}

async function rowsOf(text: string) {
  const [result] = await executor.read([{ sql: text, values: [] }]);
  return result?.rows ?? [];
}

async function lifecycles(): Promise<Record<string, string>> {
  const { nodes } = await registry.readCluster({});
  return Object.fromEntries(nodes.map(({ id, epoch, lifecycle }) => [`${id} ${epoch}`, lifecycle]));
}

const ringOfThen = {
  'a 2': 'alive',
  'b 2': 'alive',
  'c 1': 'alive',
  'restarted 2': 'alive',
  'returned 1': 'alive',
};
const dead = {
  'completed 1': 'dead',
  'failed 1': 'dead',
  'open 1': 'dead',
  'leased 1': 'dead',
  'hidden dead 1': 'dead',
};

describe('a registry of the version before', () => {
  it('keeps who is on the ring, dead, or in maintenance; a node that its window had hidden has left', async () => {
    expect(await lifecycles()).toEqual({
      ...ringOfThen,
      ...dead,
      'upkeep 1': 'maintenance',
      'left 1': 'left',
      'hidden 1': 'left',
    });
    await stage.imported(a);
    expect(await lifecycles()).toMatchObject({
      ...ringOfThen,
      ...dead,
      'x 0': 'alive',
      'old-gone 0': 'away',
    });
    expect(await stage.ring(a)).toEqual(['b', 'c', 'restarted', 'returned', 'x']);
  });

  it('finds no node dead by what was said before, and every node by what is said again', async () => {
    // What x had said stands in the log of the original, and is taken in again.
    expect(await stage.decide(a, c)).toMatchObject({ outcome: 'pending', voteCount: 1 });
    expect((await stage.round(a)).statements).toEqual([]);
    for (const target of [life('hidden'), life('left'), life('upkeep')]) {
      await stage.say(a, 'dead', target);
      await stage.say(b, 'dead', target);
      expect(await stage.decide(a, target, { maxDeadFraction: 1 })).toMatchObject({ outcome: 'alive' });
    }
    await stage.say(a, 'dead', c);
    expect(await stage.decide(a, c, { maxDeadFraction: 1 })).toMatchObject({ outcome: 'dead', isNew: true });
  });

  it('keeps its verdicts: each stands, and a node that had returned can be found dead again', async () => {
    const { verdicts } = await registry.readCluster({});
    expect(verdicts.map(({ nodeId, resolution, fence }) => [nodeId, resolution, fence])).toEqual([
      ['leased', null, 4],
      ['open', null, 0],
      ['failed', null, 3],
      ['returned', 'returned', 0],
      ['completed', 'completed', 2],
      ['hidden dead', 'completed', 1],
    ]);
    const voters = verdicts[0]?.votes.map(({ observerId, evidence }) => [observerId, evidence?.missCount]);
    expect(voters).toEqual([
      ['a', 12],
      ['b', 12],
    ]);
    expect(await stage.decide(a, life('completed'))).toMatchObject({
      outcome: 'dead',
      isNew: false,
      verdict: { resolution: 'completed' },
    });
    const returned = life('returned');
    expect((await registry.readNode('returned'))?.decisionCount).toBe(1);
    await stage.kill(returned, a, b);
    expect((await registry.readNode('returned'))?.decisionCount).toBe(2);
  });

  it('keeps its leases and backoffs, and gives fences above the ones that were given', async () => {
    const { openVerdicts } = await stage.round(b);
    expect(openVerdicts.map(({ verdict, isClaimable }) => [verdict.nodeId, isClaimable])).toEqual([
      ['open', true],
      ['failed', false],
      ['leased', false],
    ]);
    for (const nodeId of ['failed', 'leased']) {
      expect(await stage.claim(b, life(nodeId))).toEqual({ outcome: 'refused', reason: 'held' });
    }
    expect(await stage.claim(b, life('open'))).toMatchObject({ outcome: 'claimed', fence: 5 });
    const lease = { ...life('leased'), claimId: 'lease', fence: 4 };
    expect(await registry.renew({ ...lease, leaseMs: 30_000 })).toEqual({
      outcome: 'renewed',
      hasReturned: false,
    });
    expect(await stage.finish(life('leased'), lease)).toBe('recorded');
    now += 62_000;
    expect(await stage.claim(b, life('failed'))).toMatchObject({
      outcome: 'claimed',
      fence: 6,
      verdict: { attemptCount: 2, lastError: 'it rains' },
    });
  });

  it('goes on with its log after the lines that it has, and with its epochs and heartbeats', async () => {
    const { events, cursor } = await registry.readEvents({ after: null, limit: 1_000 });
    expect(events).toHaveLength(47);
    const ofNode = (id: string) => events.filter(({ targetId }) => targetId === id).map(({ kind }) => kind);
    expect(ofNode('failed').slice(-3)).toEqual(['verdict', 'recovery-started', 'recovery-ended']);
    const end = events.findLast(({ targetId }) => targetId === 'failed');
    expect(end?.detail).toMatchObject({ outcome: 'failed', attempt: 1, error: 'it rains' });
    expect(events.at(-1)).toMatchObject({ cursor: '47', kind: 'suspect', observerId: 'b', targetId: 'c' });
    await stage.imported(a);
    expect(await stage.join('c')).toEqual(life('c', 2));
    const later = await registry.readEvents({ after: cursor, limit: 10 });
    expect(later.events.map(({ kind, observerId, targetId }) => [kind, observerId, targetId])).toEqual([
      ['dead', 'x', 'c'],
      ['suspect', 'x', 'b'],
      ['joined', 'c', 'c'],
    ]);
    const order = await rowsOf('SELECT node_id FROM ringwatch_nodes ORDER BY beat_order DESC LIMIT 4');
    expect(order.map((row) => row['node_id'])).toEqual(['c', 'x', 'old-gone', 'a']);
  });

  it('lets a node that has left by the upgrade join again', async () => {
    expect(await registry.heartbeat(life('hidden'))).toBe('over');
    expect(await stage.join('hidden', { instanceId: 'another' })).toEqual(life('hidden', 2));
    expect(await stage.ring(a)).toContain('hidden');
  });

  it('holds nothing of the steps before, and no index of ours on a table of another program', async () => {
    const names = await rowsOf(
      "SELECT name FROM sqlite_master WHERE name LIKE 'ringwatch_old%' OR name LIKE 'ringwatch_dns%' OR name = 'ringwatch_state'",
    );
    expect(names).toEqual([]);
    const shape = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'ringwatch%' ORDER BY name";
    const fresh = await SqliteExecutor.open(join(directory, 'fresh.db'));
    await new SqlRegistry(fresh).migrate();
    const [expected] = await fresh.read([{ sql: shape, values: [] }]);
    await fresh.close();
    expect(await rowsOf(shape)).toEqual(expected?.rows);
  });

  it('is brought up to date once', async () => {
    const before = await rowsOf('SELECT * FROM ringwatch_nodes');
    await Promise.all([registry.migrate(), migrate(executor, migrations)]);
    expect(await rowsOf('SELECT * FROM ringwatch_nodes')).toEqual(before);
    expect(await rowsOf('SELECT number, applied_at_ms FROM ringwatch_migrations ORDER BY number')).toEqual([
      { number: 1, applied_at_ms: 1_699_989_200_000 },
      { number: 2, applied_at_ms: 1_699_989_200_000 },
      { number: 3, applied_at_ms: upgradedAt },
      { number: 4, applied_at_ms: upgradedAt },
      { number: 5, applied_at_ms: upgradedAt },
      { number: 6, applied_at_ms: upgradedAt },
      { number: 7, applied_at_ms: upgradedAt },
    ]);
  });
});
