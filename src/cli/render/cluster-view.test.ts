/** Readings of a real (memory) registry as `status`, `ring` and `why` show them. */
import { beforeEach, expect, test } from 'vitest';
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import type { Evidence } from '../../core/evidence.ts';
import { unknownMarks } from '../../core/marks.ts';
import type { ClusterReading, RegistryEvent } from '../../ports/registry.ts';
import { plain } from '../terminal.ts';
import { checkCluster, checkLine } from './check-result.ts';
import { type ClusterView, healthOf, isTroubled, type NodeView, viewCluster } from './cluster-view.ts';
import { viewDeath } from './death-view.ts';
import { renderPlace, renderRing } from './ring-text.ts';
import { renderStatus } from './status-text.ts';
import { renderStory, tellStory } from './story.ts';

const heartbeatWindowMs = 90_000;
const evidence: Evidence = {
  missCount: 7,
  silentMs: 1_600,
  sinceAnswerMs: 2_100,
  failures: { refused: 6, 'no-answer': 1 },
  lastFailure: 'connect ECONNREFUSED 10.0.0.3:6001',
  observer: { watchedCount: 3, answeringCount: 2, inconclusiveCount: 0 },
  closedConnection: false,
  lastKind: null,
  sparedMs: null,
};

let now: number;
let registry: MemoryRegistry;
let operation: number;

beforeEach(async () => {
  now = Date.parse('2026-05-04T12:00:00Z');
  operation = 0;
  registry = new MemoryRegistry({ now: () => now });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await join(`node-${id}`);
});

async function join(nodeId: string, afterEpoch = 0): Promise<void> {
  const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
  const instanceId = `${nodeId}/${afterEpoch}`;
  await registry.join({ nodeId, ...place, isNamed: true, hasHandler: true, instanceId, afterEpoch });
}

async function say(
  observerId: string,
  kind: 'suspect' | 'dead' | 'recovered',
  targetId: string,
): Promise<void> {
  operation++;
  const statement = {
    operationId: `op-${operation}`,
    observerId,
    observerEpoch: 1,
    targetId,
    targetEpoch: 1,
    ...(kind === 'recovered' ? { knownDecision: 1 } : {}),
  };
  await registry.record([{ ...statement, kind, evidence: kind === 'recovered' ? null : evidence }]);
}

async function confirmDead(targetId: string, voters: readonly string[]): Promise<void> {
  for (const voter of voters) await say(voter, 'dead', targetId);
  await registry.decide({
    ...{ targetId, targetEpoch: 1, observerId: voters[0] ?? '', observerEpoch: 1, minQuorum: 2 },
    ...{
      isQuorumStrict: false,
      quorumWindowMs: 300_000,
      watchedSince: null,
      newestBeat: 0,
      refutationCount: null,
    },
    ...{ maxDeadFraction: 1 / 4, marks: unknownMarks, flapWindowMs: 0 },
  });
}

async function view(): Promise<ClusterView> {
  const cluster = await registry.readCluster({ brakeWindowMs: 300_000 });
  const { events } = await registry.readEvents({ after: null, limit: 10 });
  return viewCluster({ cluster, events, neighbors: 3, maxDeadFraction: 1 / 4, heartbeatWindowMs });
}

async function node(id: string): Promise<NodeView> {
  const found = (await view()).nodes.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no node ${id}`);
  return found;
}

function watched({ watches }: NodeView): string[] {
  return watches.map(({ id, isBeyond }) => `${isBeyond ? '+' : ''}${id}`);
}

test('with all nodes healthy each one watches exactly the next three', async () => {
  expect(watched(await node('node-d'))).toEqual(['node-e', 'node-a', 'node-b']);
  expect((await view()).nodes.some(isTroubled)).toBe(false);
});

test('a node that one observer suspects is suspect, and that observer watches one more', async () => {
  await say('node-a', 'suspect', 'node-c');

  expect((await node('node-c')).state).toBe('suspect');
  expect(watched(await node('node-a'))).toEqual(['node-b', 'node-c', 'node-d', '+node-e']);
  expect(watched(await node('node-b'))).toEqual(['node-c', 'node-d', 'node-e']);
});

test('a vote makes it dead, a quorum confirmed dead, and its answer healthy again', async () => {
  await say('node-a', 'dead', 'node-c');
  expect((await node('node-c')).state).toBe('dead');

  await confirmDead('node-c', ['node-a', 'node-b']);
  expect((await node('node-c')).state).toBe('confirmed dead');
  expect(watched(await node('node-c'))).toEqual([]);
  // Off the ring it takes no place; those that have voted probe it until it answers.
  expect(watched(await node('node-a'))).toEqual(['node-b', 'node-c', 'node-d', 'node-e']);
  expect(watched(await node('node-e'))).toEqual(['node-a', 'node-b', 'node-d']);

  await say('node-a', 'recovered', 'node-c');
  await say('node-b', 'recovered', 'node-c');
  expect((await node('node-c')).state).toBe('healthy');
});

test('a death is history once its recovery is complete, or an operator has dismissed it', async () => {
  const claim = { nodeId: 'node-c', epoch: 1, claimId: 'c1', leaseMs: 30_000 };
  const tries = { retryBackoffMs: 5_000, maxAttempts: null };
  await confirmDead('node-c', ['node-a', 'node-b']);
  expect(healthOf(await view())).toBe('death');
  await registry.claim({ ...claim, ownerId: 'node-a', ownerEpoch: 1, ...tries });
  expect(healthOf(await view())).toBe('death');
  await registry.finish({ ...claim, fence: 1, outcome: 'completed', error: null, retryAfterMs: 0, ...tries });
  expect((await node('node-c')).state).toBe('dead and settled');
  expect(healthOf(await view())).toBe('well');
  // The death weighs on the brake still; what that holds back is trouble.
  await say('node-a', 'dead', 'node-d');
  expect((await view()).brake.heldIds).toEqual(['node-d']);
  expect(healthOf(await view())).toBe('death');
  await say('node-a', 'recovered', 'node-d');
  expect(healthOf(await view())).toBe('well');
});

test('a death is open while the recovery of an earlier one of the same node is', async () => {
  const claimOf = (epoch: number) => ({ nodeId: 'node-c', epoch, claimId: `c${epoch}`, leaseMs: 30_000 });
  const tries = { retryBackoffMs: 5_000, maxAttempts: null };
  const owner = { ownerId: 'node-a', ownerEpoch: 1 };
  await confirmDead('node-c', ['node-a', 'node-b']);
  await registry.claim({ ...claimOf(1), ...owner, ...tries });
  await join('node-c', 1);
  const bury = { targetId: 'node-c', targetEpoch: 2, observerId: 'node-c', observerEpoch: 2 };
  await registry.obituary({
    ...{ ...bury, instanceId: 'node-c/1', reason: 'out of memory', watchedSince: null, newestBeat: 0 },
    ...{ maxDeadFraction: 1, marks: unknownMarks, flapWindowMs: 0 },
  });
  const second = await registry.claim({ ...claimOf(2), ...owner, ...tries });
  if (second.outcome !== 'claimed') throw new Error('the second recovery was refused');
  const end = { outcome: 'completed', error: null, retryAfterMs: 0, ...tries } as const;
  await registry.finish({ ...claimOf(2), fence: second.fence, ...end });
  expect(await node('node-c')).toMatchObject({ state: 'confirmed dead', verdict: { epoch: 1 } });
  expect(healthOf(await view())).toBe('death');
  await registry.finish({ ...claimOf(1), fence: 1, ...end });
  expect(await node('node-c')).toMatchObject({ state: 'dead and settled', verdict: { epoch: 2 } });
});

test('a heartbeat that stands still makes a node silent, and a cluster without nodes is not well', async () => {
  expect(healthOf(await view())).toBe('well');
  now += heartbeatWindowMs + 1;
  for (const id of ['a', 'b', 'c', 'd']) await registry.heartbeat({ nodeId: `node-${id}`, epoch: 1 });
  expect((await node('node-e')).state).toBe('silent');
  expect(healthOf(await view())).toBe('degraded');
  for (const id of ['a', 'b', 'c', 'd', 'e']) await registry.leave({ nodeId: `node-${id}`, epoch: 1 });
  expect(healthOf(await view())).toBe('degraded');
});

test('a node that dies again soon after its return is flapping while that death weighs', async () => {
  for (const epoch of [1, 2]) {
    const target = { targetId: 'node-c', targetEpoch: epoch, observerEpoch: 1 };
    for (const observerId of ['node-a', 'node-b'])
      await registry.record([
        { operationId: `${observerId} ${epoch}`, observerId, ...target, kind: 'dead', evidence },
      ]);
    await registry.decide({
      ...{ ...target, observerId: 'node-a', minQuorum: 2, isQuorumStrict: false, quorumWindowMs: 300_000 },
      ...{ watchedSince: null, newestBeat: 0, refutationCount: null },
      ...{ maxDeadFraction: 1, marks: unknownMarks, flapWindowMs: 600_000 },
    });
    expect((await node('node-c')).state).toBe('confirmed dead');
    await join('node-c', epoch);
  }
  expect((await node('node-c')).state).toBe('flapping');
  expect(healthOf(await view())).toBe('degraded');
  now += 300_001;
  for (const id of ['a', 'b', 'd', 'e']) await registry.heartbeat({ nodeId: `node-${id}`, epoch: 1 });
  await registry.heartbeat({ nodeId: 'node-c', epoch: 3 });
  expect((await node('node-c')).state).toBe('healthy');
});

test('a node whose own agent declares it dead is so, with its reason, and past the brake it is dead to people too', async () => {
  const bury = (id: string, reason: string) =>
    registry.obituary({
      ...{ targetId: id, targetEpoch: 1, observerId: id, observerEpoch: 1, instanceId: `${id}/0`, reason },
      ...{ watchedSince: null, newestBeat: 0, maxDeadFraction: 1 / 4, marks: unknownMarks, flapWindowMs: 0 },
    });
  await bury('node-b', 'HTTP 500');
  await bury('node-c', 'HTTP 503');
  await bury('node-d', 'HTTP 503');
  expect(await node('node-b')).toMatchObject({ state: 'confirmed dead', obituary: null });
  expect(await node('node-c')).toMatchObject({ state: 'dead', obituary: 'HTTP 503' });
  const text = renderStatus(await view(), { paint: plain, width: 200, showsAll: true });
  expect(text).toContain('declared dead by its own agent: HTTP 500');
  expect(text).toContain(
    'its agent says that its application is dead; the brake holds that back\n      its reason: HTTP 503',
  );
  expect(text).toContain(
    'held back: 2 of 5 nodes say that their application is dead\n    node-c and node-d: HTTP 503',
  );
  expect(text).toContain(
    '2 of 5 nodes say that their application is dead, and the brake holds that back: HTTP 503',
  );
  expect(text).toContain('verdict: node-b is dead by its own word: HTTP 500');
  const { events } = await registry.readEvents({ after: null, limit: 100 });
  const endings = (await Promise.all(['node-b', 'node-c'].map((id) => registry.readNode(id)))).map(
    (found) =>
      tellStory({ nodeId: found?.id ?? '', node: found, death: null, events, epochCount: 1 }).epochs[0]
        ?.ending,
  );
  expect(endings).toEqual([
    'it was declared dead by its own agent',
    'its own agent says that its application is dead; the brake holds that back',
  ]);
});

test('what is noted of the brake is told in the epoch of its node at that time', () => {
  const about = { observerId: 'node-a', targetId: 'node-c', detail: {} };
  const events: RegistryEvent[] = [
    { cursor: '1', at: now, kind: 'joined', ...about, targetEpoch: 1 },
    { cursor: '2', at: now, kind: 'brake', ...about, targetEpoch: null },
    { cursor: '3', at: now, kind: 'joined', ...about, targetEpoch: 2 },
  ];
  const { epochs } = tellStory({ nodeId: 'node-c', node: null, death: null, events, epochCount: 3 });
  expect(epochs.map((told) => [told.epoch, told.events.map(({ kind }) => kind)])).toEqual([
    [1, ['joined', 'brake']],
    [2, ['joined']],
  ]);
});

test('an accused node that refutes is unreachable, not dead', async () => {
  await say('node-a', 'dead', 'node-c');
  await registry.refute({ nodeId: 'node-c', epoch: 1 });

  expect((await node('node-c')).state).toBe('unreachable');
});

test('leaving, maintenance and silence have their own names', async () => {
  await registry.leave({ nodeId: 'node-a', epoch: 1 });
  await registry.setMaintenance({ nodeId: 'node-b', durationMs: 3_600_000 });
  now += heartbeatWindowMs + 1;
  await registry.heartbeat({ nodeId: 'node-b', epoch: 1 });

  const states = (await view()).nodes.map(({ id, state }) => `${id} ${state}`);
  expect(states).toEqual([
    'node-a left',
    'node-b maintenance',
    'node-c silent',
    'node-d silent',
    'node-e silent',
  ]);
  expect((await node('node-b')).maintenanceLeftMs).toBe(3_600_000 - heartbeatWindowMs - 1);
});

test('the brake holds as soon as its limit is reached', async () => {
  expect((await view()).brake).toMatchObject({ unresolvedCount: 0, limit: 1, isHolding: false });
  await confirmDead('node-c', ['node-a', 'node-b']);
  expect((await view()).brake).toMatchObject({ unresolvedCount: 1, limit: 1, isHolding: true });
});

test('status says all of it in lines that fit 80 columns', async () => {
  await say('node-d', 'suspect', 'node-e');
  await confirmDead('node-c', ['node-a', 'node-b']);
  now += 1_000;
  const claim = {
    nodeId: 'node-c',
    epoch: 1,
    ownerId: 'node-a',
    ownerEpoch: 1,
    claimId: 'c1',
    leaseMs: 30_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
  await registry.claim(claim);

  const text = renderStatus(await view(), { paint: plain, width: 80, showsAll: false });

  expect(text).toMatchInlineSnapshot(`
    "5 nodes: 1 confirmed dead, 1 suspect, 3 healthy

      NODE    STATE           BEAT  EPOCH  ADDRESS        WATCHES
    ● node-a  healthy         1 s   1      10.0.0.1:6001  node-b node-c node-d …1
    ● node-b  healthy         1 s   1      10.0.0.1:6001  node-c node-d node-e …1
    ✖ node-c  confirmed dead  1 s   1      10.0.0.1:6001
          found dead by node-a and node-b (quorum 2)
          recovery: node-a owns it, fence 1
    ● node-d  healthy         1 s   1      10.0.0.1:6001  node-e node-a node-b
    ▲ node-e  suspect         1 s   1      10.0.0.1:6001  node-a node-b node-d
          node-d suspects it: 7 misses in 1.6 s, connection refused ×6, connected, …

    brake: 1 of at most 1 death weighs; no further verdict while so many weigh
      node-c is dead, and weighs at least until its recovery ends
      to allow more now: ringwatch brake release

    Newest events (UTC)
      12:00:00  node-a joined as epoch 1
      12:00:00  node-b joined as epoch 1
      12:00:00  node-c joined as epoch 1
      12:00:00  node-d joined as epoch 1
      12:00:00  node-e joined as epoch 1
      12:00:00  node-d suspects node-e: 7 misses in 1.6 s, connection refused ×6, c…
      12:00:00  node-a votes node-c dead: 7 misses in 1.6 s, connection refused ×6,…
      12:00:00  node-b votes node-c dead: 7 misses in 1.6 s, connection refused ×6,…
      12:00:00  verdict: node-c is dead by node-a and node-b (quorum 2)
      12:00:01  node-a recovers node-c (fence 1)"
  `);
  for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
});

test('status tells who works on a recovery, and when no node does', async () => {
  await confirmDead('node-c', ['node-a', 'node-b']);
  const recovery = async (): Promise<string[]> =>
    renderStatus(await view(), { paint: plain, width: 80, showsAll: false })
      .split('\n')
      .filter((line) => line.startsWith('      '))
      .map((line) => line.trim())
      .slice(1);
  const claim = {
    nodeId: 'node-c',
    epoch: 1,
    claimId: 'c1',
    leaseMs: 30_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
  await registry.claim({ ...claim, ownerId: 'node-a', ownerEpoch: 1 });
  expect(await recovery()).toEqual(['recovery: node-a owns it, fence 1']);
  await registry.finish({
    ...{ ...claim, fence: 1, outcome: 'failed', retryAfterMs: 5_000, maxAttempts: null },
    error: 'exit code 127: sh: 1:\n  nosuch: not found\n',
  });
  now += 1_000;
  const error = 'last error: exit code 127: sh: 1: nosuch: not found';
  const failed = (next: string): string =>
    `recovery: attempt 1 failed, next try ${next} (last by node-a, fence 1)`;
  expect(await recovery()).toEqual([failed('in 4 s'), error]);
  now += 5_000;
  expect(await recovery()).toEqual([failed('is due'), error]);
  await registry.setMaintenance({ nodeId: 'node-c', durationMs: 60_000 });
  expect(await recovery()).toEqual(['recovery: waits for the end of maintenance in 1 min', error]);
  await registry.setMaintenance({ nodeId: 'node-c', durationMs: 0 });
  await registry.claim({ ...claim, claimId: 'c2', ownerId: 'node-b', ownerEpoch: 1 });
  now += 30_000;
  expect(await recovery()).toEqual(['recovery: the lease of node-b has run out, fence 2, attempt 2', error]);
});

test('the end of a maintenance is told of nodes in maintenance only', async () => {
  await registry.setMaintenance({ nodeId: 'node-b', durationMs: 60_000 });
  await registry.leave({ nodeId: 'node-b', epoch: 1 });
  expect((await node('node-b')).state).toBe('left');
  const text = renderStatus(await view(), { paint: plain, width: 80, showsAll: false });
  expect(text).not.toContain('maintenance ends');
});

test('a large cluster is counted, with those in trouble first', async () => {
  for (let index = 0; index < 60; index++) await join(`other-${String(index).padStart(2, '0')}`);
  await registry.setMaintenance({ nodeId: 'node-a', durationMs: 60_000 });
  await say('node-d', 'suspect', 'node-e');

  const short = renderStatus(await view(), { paint: plain, width: 80, showsAll: false }).split('\n');
  const whole = renderStatus(await view(), { paint: plain, width: 80, showsAll: true });

  expect(short[0]).toBe('65 nodes: 1 suspect, 63 healthy, 1 maintenance');
  expect(short.slice(3, 7)).toEqual([
    expect.stringMatching(/^▲ node-e .*suspect/),
    expect.stringContaining('node-d suspects it'),
    expect.stringMatching(/^◌ node-a .*maintenance/),
    expect.stringContaining('maintenance ends in 1 min'),
  ]);
  expect(short).toContain('  and 63 more nodes (--all lists them)');
  expect(whole).toContain('other-59');
});

test('an empty registry says how to begin', () => {
  const cluster: ClusterReading = {
    clusterName: 'ringwatch',
    nodes: [],
    omitted: { left: 0, dead: 0 },
    statements: [],
    verdicts: [],
    memberCount: 0,
    unresolvedCount: 0,
    weighing: [],
    release: null,
  };
  const empty = viewCluster({
    cluster,
    events: [],
    neighbors: 3,
    maxDeadFraction: 1 / 3,
    heartbeatWindowMs,
  });

  expect(renderStatus(empty, { paint: plain, width: 80, showsAll: false })).toContain('ringwatch agent');
});

test('the ring is told in its order, closed into a circle', async () => {
  await say('node-a', 'suspect', 'node-c');
  const { nodes } = await view();

  expect(renderRing(nodes, plain)).toMatchInlineSnapshot(`
    "● node-a  watches node-b, node-c, node-d, +node-e
    ● node-b  watches node-c, node-d, node-e
    ▲ node-c  watches node-d, node-e, node-a
    ● node-d  watches node-e, node-a, node-b
    ● node-e  watches node-a, node-b, node-c
    ↺ back to node-a"
  `);
  expect(renderPlace(await node('node-a'), ['node-d', 'node-e'], plain)).toContain(
    'watched by  node-d, node-e',
  );
});

test('long names on the ring are cut where they are still told apart', async () => {
  const ids = ['1', '2'].map((end) => `node-${'x'.repeat(60)}${end}`);
  for (const id of ids) await join(id);
  const lines = renderRing((await view()).nodes, plain).split('\n');
  const names = lines.slice(-3, -1).map((line) => line.split(' ')[1]);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toHaveLength(40);
});

test('why tells accusations with their grounds, the verdict, the recovery and the return', async () => {
  await say('node-a', 'suspect', 'node-c');
  await confirmDead('node-c', ['node-a', 'node-b']);
  const claim = {
    nodeId: 'node-c',
    epoch: 1,
    claimId: 'c1',
    leaseMs: 30_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
  await registry.claim({ ...claim, ownerId: 'node-a', ownerEpoch: 1 });
  await registry.finish({
    ...claim,
    fence: 1,
    outcome: 'completed',
    error: null,
    retryAfterMs: 0,
    maxAttempts: null,
  });
  now += 60_000;
  await join('node-c', 1);
  await say('node-a', 'recovered', 'node-c');

  const { events } = await registry.readEvents({ after: null, limit: 100, nodeId: 'node-c' });
  const told = tellStory({
    nodeId: 'node-c',
    node: await registry.readNode('node-c'),
    death: null,
    events,
    epochCount: 3,
  });

  expect(told.epochs.map(({ epoch, ending }) => `${epoch}: ${ending}`)).toEqual([
    '1: it was found dead and was recovered; it came back as a new epoch',
    '2: no node has accused it',
  ]);
  expect(renderStory(told, plain)).toMatchInlineSnapshot(`
    "node-c: on the ring, epoch 2, 10.0.0.1:6001, last heartbeat 0 ms ago

    Epoch 1: it was found dead and was recovered; it came back as a new epoch (2026-05-04, UTC)
      12:00:00.000  node-c joined as epoch 1
      12:00:00.000  node-a suspects node-c: 7 misses in 1.6 s, connection refused ×6, connected, but no answer ×1
                    last heard from 2.1 s earlier; newest miss: connect ECONNREFUSED 10.0.0.3:6001
                    node-a itself: 2 of 3 targets answered
      12:00:00.000  node-a votes node-c dead: 7 misses in 1.6 s, connection refused ×6, connected, but no answer ×1
                    last heard from 2.1 s earlier; newest miss: connect ECONNREFUSED 10.0.0.3:6001
                    node-a itself: 2 of 3 targets answered
      12:00:00.000  node-b votes node-c dead: 7 misses in 1.6 s, connection refused ×6, connected, but no answer ×1
                    last heard from 2.1 s earlier; newest miss: connect ECONNREFUSED 10.0.0.3:6001
                    node-b itself: 2 of 3 targets answered
      12:00:00.000  verdict: node-c is dead by node-a and node-b (quorum 2)
      12:00:00.000  node-a recovers node-c (fence 1)
      12:00:00.000  node-a has recovered node-c (fence 1)
      12:01:00.000  node-a hears node-c again

    Epoch 2: no node has accused it (2026-05-04, UTC)
      12:01:00.000  node-c joined as epoch 2"
  `);
});

test('what another program wrote into the registry cannot move the cursor', async () => {
  registry.putSharedNode({ id: 'evil\u001b[2J\u202e', ipAddress: '10.0.0.9' });
  await registry.heartbeat({ nodeId: 'node-a', epoch: 1, importEveryMs: 0 });

  const text = renderStatus(await view(), { paint: plain, width: 80, showsAll: false });

  expect(text).toContain('evil\ufffd[2J\ufffd');
  expect(text).not.toContain('\u001b');
});

test('why, status and ring have one word for a death, before its recovery and after', async () => {
  const words = async () => {
    const found = await registry.readNode('node-c');
    if (found === null) throw new Error('no row');
    const death = viewDeath(found, await registry.readCluster({}));
    const told = tellStory({ nodeId: 'node-c', node: found, death, events: [], epochCount: 1 });
    return {
      status: (await node('node-c')).state,
      why: renderStory(told, plain).split('\n')[0],
      ring: renderPlace(await node('node-c'), [], plain).split('\n')[0],
    };
  };
  await confirmDead('node-c', ['node-a', 'node-b']);
  expect(await words()).toEqual({
    status: 'confirmed dead',
    why: expect.stringContaining('node-c: confirmed dead, epoch 1'),
    ring: '✖ node-c: confirmed dead, not on the ring',
  });
  const claim = { nodeId: 'node-c', epoch: 1, claimId: 'c1', leaseMs: 30_000, retryBackoffMs: 5_000 };
  await registry.claim({ ...claim, ownerId: 'node-a', ownerEpoch: 1, maxAttempts: null });
  const end = { fence: 1, outcome: 'completed', error: null, retryAfterMs: 0, maxAttempts: null } as const;
  await registry.finish({ ...claim, ...end });
  expect(await words()).toEqual({
    status: 'dead and settled',
    why: expect.stringContaining('node-c: dead and settled, epoch 1'),
    ring: '✖ node-c: dead and settled, not on the ring',
  });
});

test('why and status say that a recovery waits because no node has a handler', async () => {
  const told = async (): Promise<string> => {
    const found = await registry.readNode('node-c');
    const death = found === null ? null : viewDeath(found, await registry.readCluster({}));
    return renderStory(tellStory({ nodeId: 'node-c', node: found, death, events: [], epochCount: 1 }), plain);
  };
  const status = async (): Promise<string> =>
    renderStatus(await view(), { paint: plain, width: 200, showsAll: false });
  await confirmDead('node-c', ['node-a', 'node-b']);
  expect(await told()).not.toContain('handler');
  expect(await status()).toContain('recovery: no node has claimed it yet');
  for (const id of ['a', 'b', 'd', 'e'])
    await registry.setHandler({ nodeId: `node-${id}`, epoch: 1, hasHandler: false });
  const words = 'no node on the ring has a handler; start one with --on-dead, or with onDead in a program';
  expect(await told()).toContain(`Its recovery waits: ${words}.`);
  expect(await status()).toContain(`recovery: waits, ${words}`);
});

test('the check says in one line what it has found and why', async () => {
  const line = async (takesWrites = true): Promise<string> =>
    checkLine(checkCluster(await view()), takesWrites);
  expect(await line()).toBe('check: well');
  expect(await line(false)).toMatch(/^check: .* because the registry takes no writes$/);
  await say('node-a', 'suspect', 'node-c');
  await say('node-a', 'suspect', 'node-d');
  await say('node-a', 'dead', 'node-b');
  expect(await line()).toBe('check: degraded, because node-b is dead; node-c and node-d are suspect');
  await confirmDead('node-b', ['node-a', 'node-e']);
  await say('node-a', 'dead', 'node-c');
  expect(await line()).toBe(
    'check: death, because the recovery of node-b is not complete; the brake holds back node-c',
  );
  for (const id of ['a', 'b', 'c', 'd', 'e']) await registry.leave({ nodeId: `node-${id}`, epoch: 1 });
  expect(await line()).toBe('check: degraded, because no node is on the ring');
});
