/** What decides is the write: whatever happens between a call's reading and its writing counts as if it had come first. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Registry } from '../../ports/registry.ts';
import { type Life, Scene } from '../../testing/registry-scene.ts';
import { originalRows } from '../sql/original-rows.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { SqliteExecutor } from './executor.ts';

let directory = '';
let executor: SqliteExecutor;
let stage: Scene;
let raced: Registry;
/** Runs once, just before the next write of `raced`. */
let meanwhile: (() => Promise<unknown>) | null = null;
let nodes: { readonly a: Life; readonly b: Life; readonly c: Life; readonly d: Life };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-races-'));
  executor = await SqliteExecutor.open(join(directory, 'cluster.db'), { now: () => 1_700_000_000_000 });
  const registry = new SqlRegistry(executor);
  await registry.migrate();
  raced = new SqlRegistry({
    isNeverStale: true,
    now: () => executor.now(),
    read: (statements) => executor.read(statements),
    transact: async (statements) => {
      const interfere = meanwhile;
      meanwhile = null;
      await interfere?.();
      return executor.transact(statements);
    },
    close: () => executor.close(),
  });
  const harness = {
    open: async () => registry,
    another: async () => registry,
    openUnmigrated: async () => [registry, registry] as const,
  };
  stage = new Scene(registry, harness);
  nodes = {
    a: await stage.join('a'),
    b: await stage.join('b'),
    c: await stage.join('c'),
    d: await stage.join('d'),
  };
});

afterEach(async () => {
  await executor.close();
  await rm(directory, { recursive: true, force: true });
});

function racedScene(): Scene {
  return new Scene(raced, {
    open: async () => raced,
    another: async () => raced,
    openUnmigrated: async () => [raced, raced],
  });
}

describe('a verdict, when meanwhile', () => {
  const cases: readonly (readonly [string, () => Promise<unknown>, object])[] = [
    ['the target refutes', () => stage.registry.refute(nodes.c), { outcome: 'pending', reason: 'refuted' }],
    ['the target restarts', () => stage.join('c'), { outcome: 'alive', reason: 'newer-epoch' }],
    ['the target leaves', () => stage.registry.leave(nodes.c), { outcome: 'alive', reason: 'left' }],
    [
      'the target goes into maintenance',
      () => stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 }),
      { outcome: 'alive', reason: 'maintenance' },
    ],
    [
      'a voter takes its vote back',
      () => stage.say(nodes.b, 'recovered', nodes.c),
      { reason: 'votes', voteCount: 1 },
    ],
    ['a voter restarts', () => stage.join('b'), { reason: 'votes', voteCount: 1 }],
    ['a voter leaves', () => stage.registry.leave(nodes.b), { reason: 'votes', voteCount: 1 }],
    [
      'another death is found',
      () => stage.kill(nodes.d, nodes.a, nodes.b),
      { reason: 'brake', unresolvedCount: 1, limit: 1 },
    ],
    ['another node finds it', () => stage.decide(nodes.b, nodes.c), { outcome: 'dead', isNew: false }],
    ['nothing happens', async () => {}, { outcome: 'dead', isNew: true }],
  ];

  it.each(cases)('%s', async (_title, interfere, expected) => {
    await stage.say(nodes.a, 'dead', nodes.c);
    await stage.say(nodes.b, 'dead', nodes.c);
    meanwhile = interfere;
    expect(await racedScene().decide(nodes.a, nodes.c, { refutationCount: 0 })).toMatchObject(expected);
    expect(meanwhile).toBeNull();
  });

  it('a node that runs the original takes its vote back', async () => {
    const original = originalRows(executor);
    await original.putNode({ id: 'x', ipAddress: '192.0.2.1' });
    await stage.say(nodes.a, 'dead', nodes.c);
    await original.appendEvent({ observerId: 'x', targetId: 'c', status: 'dead' });
    meanwhile = () => original.appendEvent({ observerId: 'x', targetId: 'c', status: 'recovered' });
    expect(await racedScene().decide(nodes.a, nodes.c)).toMatchObject({ reason: 'votes', voteCount: 1 });
  });

  it('a voter that runs the original becomes one of ours', async () => {
    const original = originalRows(executor);
    await original.putNode({ id: 'x', ipAddress: '192.0.2.1' });
    await stage.say(nodes.a, 'dead', nodes.c);
    await original.appendEvent({ observerId: 'x', targetId: 'c', status: 'dead' });
    meanwhile = () => stage.join('x');
    expect(await racedScene().decide(nodes.a, nodes.c)).toMatchObject({ reason: 'votes', voteCount: 1 });
  });
});

it('a join counts no vote of the original from before it, when one is written meanwhile', async () => {
  const original = originalRows(executor);
  for (const id of ['x', 'y']) await original.putNode({ id, ipAddress: '192.0.2.1' });
  await stage.imported(nodes.a);
  meanwhile = async () => {
    for (const observerId of ['x', 'y'])
      await original.appendEvent({ observerId, targetId: 'c', status: 'dead' });
  };
  const joined = await racedScene().join('c');
  expect(meanwhile).toBeNull();
  await stage.imported(nodes.a);
  expect(await stage.decide(nodes.a, joined)).toMatchObject({ reason: 'votes', voteCount: 0 });
});

it('the brake holds, when a node is back meanwhile and another one has left', async () => {
  const lives = await stage.joinAll(...Array.from({ length: 12 }, (_, index) => `e${index + 10}`));
  const [first, second, third, target, leaving] = lives as [Life, Life, Life, Life, Life];
  const { a, b } = nodes;
  for (const node of [first, second, third]) {
    await stage.kill(node, a, b);
    await stage.mustClaim(a, node);
  }
  await stage.join(first.nodeId);
  for (const observer of [a, b]) await stage.say(observer, 'dead', target);
  meanwhile = async () => {
    await stage.join(second.nodeId);
    await stage.registry.leave(leaving);
  };
  const answer = await racedScene().decide(a, target, { maxDeadFraction: 0.22 });
  expect(meanwhile).toBeNull();
  expect(answer).toMatchObject({ reason: 'brake', unresolvedCount: 3, limit: 3 });
});

describe('a claim, when meanwhile', () => {
  const cases: readonly (readonly [string, () => Promise<unknown>, object])[] = [
    ['the target restarts', () => stage.join('c'), { outcome: 'refused', reason: 'resolved' }],
    ['the target leaves', () => stage.registry.leave(nodes.c), { outcome: 'refused', reason: 'resolved' }],
    [
      'the target answers',
      () => stage.say(nodes.b, 'recovered', nodes.c),
      { outcome: 'refused', reason: 'resolved' },
    ],
    [
      'the target goes into maintenance',
      () => stage.registry.setMaintenance({ nodeId: 'c', durationMs: 60_000 }),
      { outcome: 'refused', reason: 'maintenance' },
    ],
    ['the owner restarts', () => stage.join('a'), { outcome: 'refused', reason: 'owner-over' }],
    ['the owner leaves', () => stage.registry.leave(nodes.a), { outcome: 'refused', reason: 'owner-over' }],
    [
      'the owner is found dead',
      () => stage.kill(nodes.a, nodes.b, nodes.d),
      { outcome: 'refused', reason: 'owner-over' },
    ],
    ['another one claims', () => stage.claim(nodes.b, nodes.c), { outcome: 'refused', reason: 'held' }],
    [
      'an operator dismisses it',
      () => stage.registry.dismiss({ ...nodes.c, operatorId: 'me', operationId: 'word' }),
      { outcome: 'refused', reason: 'resolved' },
    ],
    ['nothing happens', async () => {}, { outcome: 'claimed', fence: 1 }],
  ];

  it.each(cases)('%s', async (_title, interfere, expected) => {
    await stage.kill(nodes.c, nodes.a, nodes.b);
    meanwhile = interfere;
    expect(await racedScene().claim(nodes.a, nodes.c)).toMatchObject(expected);
    expect(meanwhile).toBeNull();
  });
});

describe('the end of a recovery, when meanwhile', () => {
  const cases: readonly (readonly [
    string,
    'completed' | 'failed',
    () => Promise<unknown>,
    string,
    unknown,
  ])[] = [
    ['the node restarts, and it failed', 'failed', () => stage.join('c'), 'recorded', 'superseded'],
    ['the node leaves, and it failed', 'failed', () => stage.registry.leave(nodes.c), 'recorded', 'left'],
    ['the node restarts, and it is complete', 'completed', () => stage.join('c'), 'recorded', 'completed'],
    [
      'an operator dismisses it',
      'completed',
      () => stage.registry.dismiss({ ...nodes.c, operatorId: 'me', operationId: 'word' }),
      'lost',
      'dismissed',
    ],
  ];

  it.each(cases)('%s', async (_title, outcome, interfere, expected, resolution) => {
    await stage.kill(nodes.c, nodes.a, nodes.b);
    const lease = await stage.mustClaim(nodes.a, nodes.c);
    meanwhile = interfere;
    expect(await racedScene().finish(nodes.c, lease, outcome, 'no')).toBe(expected);
    const { verdicts } = await stage.registry.readCluster({});
    expect(verdicts[0]?.resolution).toBe(resolution);
  });
});
