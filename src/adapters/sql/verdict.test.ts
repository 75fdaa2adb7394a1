/** What a decision costs the log: nothing while the brake holds, and each original node's id once a statement. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decideRequest, joinRequest } from '../../testing/registry-scene.ts';
import { SqliteExecutor } from '../sqlite/executor.ts';
import type { SqlStatement } from './executor.ts';
import { originalRows } from './original-rows.ts';
import { SqlRegistry } from './registry.ts';

const life = (nodeId: string) => ({ nodeId, epoch: 1 });
let folder = '';
let executor: SqliteExecutor;
let registry: SqlRegistry;
/** The statements of each transaction. */
let written: (readonly SqlStatement[])[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-verdict-'));
  executor = await SqliteExecutor.open(join(folder, 'cluster.db'));
  registry = new SqlRegistry({
    now: () => executor.now(),
    read: (statements) => executor.read(statements),
    transact: (statements) => {
      written.push(statements);
      return executor.transact(statements);
    },
    close: () => executor.close(),
  });
  await registry.migrate();
  for (const id of ['a', 'b', 'c', 'd']) await registry.join(joinRequest(id, id));
  await originalRows(executor).putNode({ id: 'original-x', ipAddress: '192.0.2.1' });
  for (const observerId of ['a', 'b']) {
    for (const targetId of ['c', 'd']) {
      const statement = { observerId, observerEpoch: 1, targetId, targetEpoch: 1, evidence: null };
      await registry.record([{ ...statement, kind: 'dead', operationId: `${observerId} ${targetId}` }]);
    }
  }
  written = [];
});

afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

it('a question that the brake answers writes nothing', async () => {
  expect(await registry.decide(decideRequest(life('a'), life('c')))).toMatchObject({ outcome: 'dead' });
  written = [];
  expect(await registry.decide(decideRequest(life('a'), life('d')))).toEqual({
    ...{ outcome: 'pending', reason: 'brake', unresolvedCount: 1, limit: 1 },
  });
  expect(written).toEqual([]);
});

it('a statement of a decision has the id of each node that runs the original once', async () => {
  await registry.decide(decideRequest(life('a'), life('c')));
  const timesIn = ({ values }: SqlStatement): number =>
    values.filter((value) => String(value).includes('original-x')).length;
  expect(written.flat().map(timesIn)).toEqual([1, 0, 1]);
});
