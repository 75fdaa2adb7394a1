/** Rows that are not as expected: each is told of, and none hides the others. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinRequest } from '../../testing/registry-requests.ts';
import { Scene } from '../../testing/registry-scene.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { SqliteExecutor } from './executor.ts';

let directory = '';
let warnings: string[] = [];
const executors: SqliteExecutor[] = [];
const ignore = (): void => {};
const logger = {
  debug: ignore,
  info: ignore,
  error: ignore,
  warn: (_fields: object, message: string): void => void warnings.push(message),
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-bad-rows-'));
  warnings = [];
});

afterEach(async () => {
  for (const executor of executors.splice(0)) await executor.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(): Promise<SqliteExecutor> {
  const executor = await SqliteExecutor.open(join(directory, 'cluster.db'), { now: () => 1_700_000_000_000 });
  executors.push(executor);
  return executor;
}

async function run(executor: SqliteExecutor, ...statements: readonly string[]): Promise<void> {
  await executor.transact(statements.map((text) => ({ sql: text, values: [] })));
}

function sceneOf(registry: SqlRegistry): Scene {
  return new Scene(registry, {
    open: async () => registry,
    another: async () => registry,
    openUnmigrated: async () => [registry, registry],
  });
}

/** Each from its epoch to its votes. */
function verdictsOnUnlisted(...verdicts: readonly string[]): string {
  return `INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at, decision_count, quorum, votes, resolved_at, fence,
      held_until, held_since, attempt_count, has_returned)
    VALUES ${verdicts.map((values) => `('unlisted', ${values}, 0, 0, 0, 0, 0, 0)`).join(', ')}`;
}

/** So many equal lines of the shared log. */
function lines(count: number, values: string): string {
  return `INSERT INTO node_health_events (observer_id, target_id, status, created_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    SELECT ${values}, '2023-11-14 22:13:20' FROM n`;
}

describe('one bad row', () => {
  it('of the shared table hides no other, and is told of once', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    await registry.join(joinRequest('a', 'i1'));
    await run(
      executor,
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES (NULL, '192.0.2.1', '2023-11-14 22:13:20')",
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES (x'ff00', '192.0.2.2', '2023-11-14 22:13:20')",
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('b', '192.0.2.3', 'yesterday')",
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('c', '', '2023-11-14 22:13:20')",
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('d', '192.0.2.4', x'00')",
      "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('e', '192.0.2.5', '2023-11-14 22:13:20')",
    );
    const self = { nodeId: 'a', epoch: 1 };
    for (let count = 0; count < 2; count++) {
      expect(await registry.heartbeat({ ...self, importEveryMs: 0 })).toBe('beating');
      const { nodes } = await registry.readCluster({});
      expect(nodes.map(({ id, lifecycle }) => [id, lifecycle])).toEqual([
        ['a', 'alive'],
        ['c', 'alive'],
        ['e', 'alive'],
      ]);
      const reading = await registry.readRound({ ...self, lookAhead: 9, watched: ['b', 'd'] });
      expect(reading.successors.map(({ id, address }) => [id, address])).toEqual([
        ['c', ''],
        ['e', '192.0.2.5'],
      ]);
      expect(reading.watched).toEqual([]);
    }
    expect(warnings).toHaveLength(registry.badRowCount);
    expect(warnings.filter((text) => text.includes('expected text as its id'))).toHaveLength(2);
    expect(warnings.filter((text) => text.includes('"yesterday"'))).toEqual([
      'A row of dns_nodes is passed over: expected last_seen as YYYY-MM-DD HH:MM:SS in UTC, found "yesterday", so it counts as not seen; mend or delete it.',
    ]);
  });

  it('of the event log hides no other', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    await registry.join(joinRequest('a', 'i1'));
    await run(
      executor,
      "INSERT INTO node_health_events (observer_id, target_id, status, created_at) VALUES ('x', 'a', 'dead', 'never')",
      "INSERT INTO node_health_events (observer_id, target_id, status) VALUES ('x', 'a', 'confused')",
      "INSERT INTO node_health_events (observer_id, target_id, status) VALUES (x'ff00', 'a', 'dead')",
      "INSERT INTO node_health_events (observer_id, target_id, status, created_at) VALUES ('x', 'a', 'suspect', '2023-11-14 22:13:20')",
      `INSERT INTO ringwatch_events (kind, at, observer_id, detail)
        VALUES ('nonsense', 0, 'x', '{}'), ('left', 0, 'x', 'not JSON')`,
    );
    for (let count = 0; count < 2; count++) {
      await registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 });
    }
    const { events, cursor } = await registry.readEvents({ after: null, limit: 10 });
    expect(events.map(({ kind, observerId }) => [kind, observerId])).toEqual([
      ['joined', 'a'],
      ['suspect', 'x'],
    ]);
    expect((await registry.readEvents({ after: cursor, limit: 10 })).events).toEqual([]);
    expect(warnings).toHaveLength(registry.badRowCount);
    expect(registry.badRowCount).toBe(6);
  });

  it.each([1, 600])(
    'of the shared log hides no line that waits behind it, where %i cannot be read',
    async (count) => {
      const executor = await open();
      const registry = new SqlRegistry(executor, { logger });
      await registry.migrate();
      const stage = sceneOf(registry);
      const [a, b] = [await stage.join('a'), await stage.join('b')];
      await run(
        executor,
        "INSERT INTO dns_nodes (id, ip_address, last_seen) VALUES ('x', '192.0.2.1', '2023-11-14 22:13:20')",
        lines(count, "x'ff00', 'b', 'dead'"),
        lines(601, "'x', 'b', 'dead'"),
        lines(1, "'x', 'b', 'recovered'"),
      );
      for (let round = 0; round < 4; round++) await stage.imported(a);
      expect(await stage.decide(a, b)).toMatchObject({ outcome: 'pending', voteCount: 0 });
      await run(executor, lines(1, "x'ff00', 'b', 'dead'"), lines(1, "'x', 'b', 'dead'"));
      expect(await stage.decide(a, b)).toMatchObject({ outcome: 'pending', voteCount: 1 });
    },
  );

  it('of the shared log that is the newest lets no other be taken in twice', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    const stage = sceneOf(registry);
    const a = await stage.join('a');
    await run(executor, lines(1, "'x', 'a', 'suspect'"), lines(1, "x'ff00', 'a', 'dead'"));
    for (let round = 0; round < 3; round++) await stage.imported(a);
    expect(await stage.eventKinds()).toEqual(['joined', 'suspect']);
  });

  it('of a verdict or a vote is passed over, and the death is decided all the same', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    const stage = sceneOf(registry);
    const [a, b, c] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    await run(
      executor,
      verdictsOnUnlisted("7, 0, 1, 2, 'not JSON'", `8, 1, 1, 2, '[1, {"observerId": "x"}]'`),
    );
    await stage.say(a, 'dead', c);
    await stage.say(b, 'dead', c);
    await run(executor, "UPDATE ringwatch_votes SET evidence = 'not JSON' WHERE observer_id = 'b'");
    const decided = await stage.decide(a, c, { maxDeadFraction: 1 });
    expect(decided).toMatchObject({
      outcome: 'dead',
      verdict: { votes: [{ observerId: 'a' }, { observerId: 'b', evidence: null }] },
    });
    const { openVerdicts } = await stage.round(a);
    expect(openVerdicts.map(({ verdict }) => [verdict.nodeId, verdict.votes.length])).toEqual([
      ['unlisted', 0],
      ['unlisted', 0],
      ['c', 2],
    ]);
    expect(await stage.claim(a, { nodeId: 'unlisted', epoch: 7 })).toMatchObject({ outcome: 'claimed' });
    expect(warnings.filter((text) => text.includes('no table lists'))).toHaveLength(1);
    expect(registry.badRowCount).toBe(2);
  });

  it('of a verdict on a node that no table lists is told of, and its recovery is run all the same', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    const stage = sceneOf(registry);
    const a = await stage.join('a');
    await run(executor, verdictsOnUnlisted("7, 0, 1, 2, '[]'"));
    const unlisted = { nodeId: 'unlisted', epoch: 7 };
    expect(await stage.claim(a, unlisted, 'mine')).toMatchObject({ outcome: 'claimed', fence: 1 });
    expect(await stage.claim(a, unlisted, 'mine')).toMatchObject({ outcome: 'claimed', fence: 1 });
    expect(await stage.finish(unlisted, { claimId: 'mine', fence: 1 })).toBe('recorded');
    expect(warnings).toEqual([
      'The verdict on "unlisted", epoch 7, is on a node that no table lists; its recovery is run all the same. If it should not be run, dismiss it: ringwatch resolve unlisted.',
    ]);
  });

  it('of a vote by an observer that no table lists counts for nothing, and is told of once', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    const stage = sceneOf(registry);
    const [a, , c] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    await stage.say(a, 'dead', c);
    await stage.say({ nodeId: 'stranger', epoch: 1 }, 'dead', c);
    await run(
      executor,
      "INSERT INTO node_health_events (observer_id, target_id, status, created_at) VALUES ('ghost', 'c', 'dead', '2023-11-14 22:13:20')",
    );
    for (let count = 0; count < 2; count++) {
      expect(await stage.decide(a, c)).toEqual({
        outcome: 'pending',
        reason: 'votes',
        voteCount: 1,
        quorum: 2,
      });
    }
    expect(warnings.toSorted()).toEqual([
      'A row of node_health_events is passed over: expected an observer that is listed, found "ghost", which says that "c" is dead; mend or delete it.',
    ]);
  });

  it('is not one that a node of ours has left behind', async () => {
    const executor = await open();
    const registry = new SqlRegistry(executor, { logger });
    await registry.migrate();
    const stage = sceneOf(registry);
    const [a, b, c] = [await stage.join('a'), await stage.join('b'), await stage.join('c')];
    await stage.say(b, 'dead', c);
    await registry.leave(b);
    await stage.imported(a);
    await run(
      executor,
      "DELETE FROM ringwatch_nodes WHERE node_id = 'b'",
      "DELETE FROM dns_nodes WHERE id = 'b'",
    );
    await stage.say(a, 'dead', c);
    await stage.decide(a, c, { minQuorum: 3, isQuorumStrict: true });
    await stage.imported(a);
    expect(warnings).toEqual([]);
  });
});
