/**
 * Every writing call of the registry while the answer to it is lost after the commit: the adapter asks again, and the
 * caller learns what really happened, which happened once.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRqliteRegistry } from '../../src/adapters/rqlite/index.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { type Life, Scene } from '../../src/testing/registry-scene.ts';
import { type CuttingProxy, startCuttingProxy } from '../harness/cutting-proxy.ts';
import { startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';

let cluster: TestCluster;
let proxy: CuttingProxy;
let registry: Registry;
/** Behind the proxy: every answer to a write is lost on the way to it, once. */
let unlucky: Registry;
const parameters = 'timeout=10s&deadline=30s';

beforeAll(async () => {
  cluster = await startTestCluster();
});
beforeEach(async () => {
  await cluster.wipe();
  const leader = cluster.address(await cluster.leader());
  proxy = await startCuttingProxy(leader);
  registry = await openRqliteRegistry(`rqlite://${leader}?${parameters}`);
  unlucky = await openRqliteRegistry(`rqlite://${proxy.address}?${parameters}`);
  const seen = new Set<string>();
  proxy.cutAnswers((request) => {
    const body = request.slice(request.indexOf('\r\n\r\n'));
    if (!/^POST \/db\/(execute|request)/.test(request) || seen.has(body)) return false;
    seen.add(body);
    return true;
  });
});
afterEach(async () => {
  await Promise.all([registry.close(), unlucky.close()]);
  await proxy.close();
});
afterAll(() => cluster?.dispose());

function sceneOf(one: Registry): Scene {
  const noPlace = (): never => {
    throw new Error('the scene has one place only');
  };
  return new Scene(one, { open: noPlace, another: noPlace, openUnmigrated: noPlace });
}

async function accuse(scene: Scene, target: Life, one: Life, two: Life): Promise<void> {
  await scene.say(one, 'dead', target);
  await scene.say(two, 'dead', target);
  // Whose question it was that made the verdict is not known after a lost answer: only that there is one.
  expect(await scene.decide(one, target, { maxDeadFraction: 1 })).toMatchObject({ outcome: 'dead' });
}

async function eventKinds(): Promise<string[]> {
  const { events } = await registry.readEvents({ after: null, limit: 1_000 });
  return events.map(({ kind }) => kind);
}

describe('when every answer to a write is lost once', () => {
  it('a death is voted, decided, claimed, renewed and recovered once', async () => {
    await unlucky.migrate();
    await unlucky.migrate();
    const scene = sceneOf(unlucky);
    const [one, two, victim] = await scene.joinAll('one', 'two', 'victim');
    if (one === undefined || two === undefined || victim === undefined) throw new Error('three nodes');
    expect([one.epoch, two.epoch, victim.epoch]).toEqual([1, 1, 1]);
    expect(await unlucky.heartbeat(one)).toBe('beating');

    await scene.say(one, 'suspect', victim);
    await accuse(scene, victim, one, two);
    const lease = await scene.mustClaim(one, victim);
    expect(await unlucky.renew({ ...victim, ...lease, leaseMs: 60_000 })).toMatchObject({
      outcome: 'renewed',
    });
    expect(await scene.finish(victim, lease)).toBe('recorded');

    expect(lease.fence).toBe(1);
    expect(await eventKinds()).toEqual([
      ...['joined', 'joined', 'joined'],
      ...['suspect', 'dead', 'dead', 'verdict', 'recovery-started', 'recovery-ended'],
    ]);
    const shared = await cluster.rowsAt(
      await cluster.leader(),
      'SELECT status FROM node_health_events ORDER BY id',
    );
    expect(shared).toEqual([{ status: 'suspect' }, { status: 'dead' }, { status: 'dead' }]);
    const { verdicts } = await registry.readCluster({});
    expect(verdicts).toMatchObject([{ nodeId: 'victim', epoch: 1, resolution: 'completed' }]);
    expect(proxy.cutCount).toBeGreaterThan(10);
  });

  it('a target that answers again, a refutation and a leave are written once', async () => {
    await registry.migrate();
    const scene = sceneOf(unlucky);
    const [one, two, target] = await scene.joinAll('one', 'two', 'target');
    if (one === undefined || two === undefined || target === undefined) throw new Error('three nodes');
    await accuse(scene, target, one, two);
    await scene.say(one, 'recovered', target);
    await unlucky.refute(target);
    await unlucky.setHandler({ ...two, hasHandler: false });
    expect(await unlucky.setMaintenance({ nodeId: 'two', durationMs: 60_000 })).toBe(true);
    await unlucky.leave(two);
    expect(await eventKinds()).toEqual([
      ...['joined', 'joined', 'joined', 'dead', 'dead', 'verdict'],
      ...['recovered', 'verdict-closed', 'maintenance', 'left'],
    ]);
    expect(await registry.readNode('two')).toMatchObject({ lifecycle: 'left', hasHandler: false });
  });

  it('a dismissal and a pruning are done once, and so is the start of a node that was dead', async () => {
    await registry.migrate();
    const scene = sceneOf(unlucky);
    const [one, two, first, second] = await scene.joinAll('one', 'two', 'first', 'second');
    if (one === undefined || two === undefined || first === undefined || second === undefined)
      throw new Error('four nodes');
    await accuse(scene, first, one, two);
    await accuse(scene, second, one, two);
    const word = { operatorId: 'me', operationId: 'word' };
    expect(await unlucky.dismiss({ ...first, ...word })).toBe(true);
    expect(await scene.join('second', { instanceId: 'again' })).toEqual({ nodeId: 'second', epoch: 2 });
    expect((await eventKinds()).slice(-4)).toEqual(['verdict', 'verdict-closed', 'joined', 'verdict-closed']);
    await unlucky.leave(two);
    const limits = { maxAgeMs: 3_600_000, maxEventCount: 0, departedAfterMs: 3_600_000, everyMs: 60_000 };
    // Whose pruning it was is not known after a lost answer.
    expect(await unlucky.prune({ ...one, ...limits })).toMatchObject({ isMine: false });
    const { nodes } = await registry.readCluster({});
    expect(nodes.map(({ id }) => id)).toEqual(['one', 'second']);
  });
});
