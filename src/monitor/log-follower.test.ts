/** A node that follows the log, over the real rules of a registry in memory. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import { unknownMarks } from '../core/marks.ts';
import type { EpochRef, EventQuery } from '../ports/registry.ts';
import type { LogEvent } from './log-events.ts';
import { LogFollower, type LogStart } from './log-follower.ts';

const dayMs = 86_400_000;

let now: number;
let registry: MemoryRegistry;
let operationCount: number;

beforeEach(() => {
  now = 1_700_000_000_000;
  registry = new MemoryRegistry({ now: () => now });
  operationCount = 0;
});

async function join(nodeId: string): Promise<EpochRef> {
  const afterEpoch = (await registry.readNode(nodeId))?.epoch ?? 0;
  const result = await registry.join({
    ...{ nodeId, address: '10.0.0.1', internalAddress: null, port: 6001, region: null },
    ...{ isNamed: true, hasHandler: true, instanceId: `${nodeId} ${++operationCount}`, afterEpoch },
  });
  if (result.outcome !== 'joined') throw new Error('the join was refused');
  return { nodeId, epoch: result.epoch };
}

/** Finds a node dead by the votes of two others, and recovers it at once. */
async function recover(target: EpochRef, first: EpochRef, second: EpochRef): Promise<void> {
  const about = { targetId: target.nodeId, targetEpoch: target.epoch };
  const votes = [first, second].map(({ nodeId: observerId, epoch: observerEpoch }) => ({
    ...{ kind: 'dead', operationId: `vote ${++operationCount}`, evidence: null, observerId, observerEpoch },
    ...about,
  }));
  await registry.record(votes as Parameters<typeof registry.record>[0]);
  await registry.decide({
    ...{
      ...about,
      observerId: first.nodeId,
      observerEpoch: first.epoch,
      minQuorum: 2,
      isQuorumStrict: false,
    },
    ...{ quorumWindowMs: dayMs, watchedSince: null, newestBeat: 0, refutationCount: null },
    ...{ maxDeadFraction: 1, marks: unknownMarks, flapWindowMs: 0 },
  });
  const lease = { nodeId: target.nodeId, epoch: target.epoch, claimId: `claim ${++operationCount}` };
  const owner = { ownerId: first.nodeId, ownerEpoch: first.epoch };
  const tries = { retryBackoffMs: 0, maxAttempts: null };
  const claim = await registry.claim({ ...lease, ...owner, ...tries, leaseMs: 1_000 });
  const fence = claim.outcome === 'claimed' ? claim.fence : 0;
  const end = { outcome: 'completed', error: null, retryAfterMs: 0, maxAttempts: null } as const;
  await registry.finish({ ...lease, fence, ...end });
}

async function prune(by: EpochRef): Promise<void> {
  const never = Number.MAX_SAFE_INTEGER;
  const limits = { maxAgeMs: never, departedAfterMs: never, everyMs: 0 };
  await registry.prune({ ...by, ...limits, maxEventCount: 1 });
}

/** A follower, what it has told, and what it has asked. */
function followerOf(self: EpochRef, cursor: LogStart | null = null) {
  const told: LogEvent[] = [];
  const asked: EventQuery[] = [];
  const warnings: string[] = [];
  const state = { isRunning: true, isHeard: true, fails: false, lags: false };
  const follower = new LogFollower({
    ...{ cursor, self: () => self },
    read: async (query) => {
      asked.push(query);
      if (state.fails) throw new Error('no answer');
      if (state.lags && query.freshness === 'cheap')
        return { events: [], cursor: query.after ?? '0', lostCount: 0, wentBack: false };
      return registry.readEvents(query);
    },
    isRunning: () => state.isRunning,
    isHeard: () => state.isHeard,
    tell: (event) => told.push(event),
    warn: (message) => warnings.push(message),
  });
  const round = async (): Promise<void> => {
    const request = { ...self, lookAhead: 4, watched: [], beatingSince: null };
    follower.noteProgress((await registry.readRound(request)).progress);
    await settle();
  };
  return { follower, told, asked, warnings, state, round, lines: () => told.map(lineOf) };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function lineOf({ name, payload }: LogEvent): string {
  return name === 'events-lost'
    ? `${payload.count} lost`
    : `${name} ${payload.targetId}#${payload.targetEpoch}`;
}

const death = ['verdict c#1', 'recovery-started c#1', 'recovery-ended c#1'];

describe('a follower of the log', () => {
  it('tells once and in order what has happened since its join, and not its own join', async () => {
    const a = await join('a');
    const b = await join('b');
    const c = await join('c');
    const { lines, told, round } = followerOf(b);
    await round();
    expect(lines()).toEqual(['joined c#1']);
    await recover(c, a, b);
    await join('c');
    await registry.leave(a);
    await round();
    await round();
    expect(lines()).toEqual(['joined c#1', ...death, 'joined c#2', 'left a#1']);
    expect(told[1]?.payload).toEqual({
      ...{ targetId: 'c', targetEpoch: 1, cursor: '6', loggedAt: now, observerId: 'a' },
      ...{ quorum: 2, voterIds: ['a', 'b'], reason: null },
    });
    expect(told[3]?.payload).toMatchObject({ observerId: 'a', fence: 1, attempt: 1, outcome: 'completed' });
    expect(told[4]?.payload).toMatchObject({ address: '10.0.0.1', port: 6001 });
  });

  it('finds its join where a replica of the database does not have it yet', async () => {
    const a = await join('a');
    const { lines, state, round } = followerOf(a);
    state.lags = true;
    await join('b');
    await round();
    state.lags = false;
    await round();
    expect(lines()).toEqual(['joined b#1']);
  });

  it('asks nothing while nothing happens', async () => {
    const a = await join('a');
    const { asked, round } = followerOf(a);
    await round();
    const { length } = asked;
    for (let count = 0; count < 5; count++) {
      await registry.heartbeat(a);
      await round();
    }
    expect(asked).toHaveLength(length);
  });

  it('asks nothing for no listener, and does not tell a later one what was before', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    const { asked, lines, state, round } = followerOf(a);
    state.isHeard = false;
    await round();
    await recover(c, a, b);
    await round();
    expect(asked).toEqual([]);
    state.isHeard = true;
    await registry.leave(b);
    await round();
    expect(lines()).toEqual(['left b#1']);
  });

  it('tells afterwards what has happened while it was cut off, in pages of a bounded length', async () => {
    const a = await join('a');
    const { asked, lines, warnings, state, round } = followerOf(a);
    await round();
    state.fails = true;
    for (let count = 0; count < 250; count++) await registry.leave(await join(`n${count}`));
    await round();
    await round();
    expect([lines(), warnings]).toEqual([[], ['the log cannot be read: no answer']]);
    state.fails = false;
    asked.length = 0;
    await round();
    expect(lines()).toHaveLength(500);
    expect(new Set(lines()).size).toBe(500);
    expect(lines().slice(-2)).toEqual(['joined n249#1', 'left n249#1']);
    expect(asked).toHaveLength(3);
    expect(Math.max(...asked.map(({ limit }) => limit))).toBeLessThanOrEqual(200);
  });

  it('does not warn of a reading that the end of its monitor breaks off', async () => {
    const { warnings, state, round, follower } = followerOf(await join('a'));
    await round();
    state.fails = true;
    follower.look();
    state.isRunning = false;
    await settle();
    expect(warnings).toEqual([]);
  });

  it('says once how much was pruned before it came', async () => {
    const a = await join('a');
    const { lines, round } = followerOf(a);
    await round();
    for (const nodeId of ['b', 'c', 'd', 'e']) await join(nodeId);
    await prune(a);
    await round();
    await join('f');
    await round();
    expect(lines()).toEqual(['3 lost', 'joined e#1', 'joined f#1']);
  });

  it('goes on after a restored backup, whose log is shorter, and tells nothing twice', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const { lines, round, follower } = followerOf(a);
    const backup = registry.snapshot();
    for (const nodeId of ['c', 'd']) await join(nodeId);
    await round();
    registry.restore(backup);
    await round();
    await registry.leave(b);
    await round();
    expect(lines()).toEqual(['joined b#1', 'joined c#1', 'joined d#1']);
    const raised = { ...a, known: { fence: 0, newestEvent: 4, newestBeat: 0 }, epochFloor: 1 };
    expect(await registry.raise(raised)).toBe('raised');
    await join('b');
    for (let count = 0; count < 3; count++) await round();
    expect(lines()).toEqual(['joined b#1', 'joined c#1', 'joined d#1', 'joined b#2']);
    expect(follower.cursor).toMatch(/^1:\d+$/);
  });

  it('goes on in the next epoch of its node where the one before has come to', async () => {
    const [a, b] = [await join('a'), await join('b')];
    const first = followerOf(a);
    await first.round();
    await registry.leave(b);
    const again = await join('a');
    await join('c');
    const second = followerOf(again, first.follower.cursor);
    await second.round();
    expect([first.lines(), second.lines()]).toEqual([['joined b#1'], ['left b#1', 'joined c#1']]);
  });

  it('goes on from the join of an epoch that was over before it could read the log', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    const first = followerOf(a);
    await recover(c, a, b);
    const again = await join('a');
    const second = followerOf(again, first.follower.cursor);
    await registry.leave(b);
    const third = followerOf(await join('a'), second.follower.cursor);
    await third.round();
    await third.round();
    expect(third.lines()).toEqual(['joined b#1', 'joined c#1', ...death, 'left b#1']);
  });

  it('goes on from nowhere after a monitor that has begun no epoch', async () => {
    const c = await join('c');
    await recover(c, await join('a'), await join('b'));
    await join('c');
    const none = followerOf({ nodeId: 'c', epoch: 0 });
    expect(none.follower.cursor).toBe(null);
    const { lines, round } = followerOf(await join('c'), none.follower.cursor);
    await round();
    expect(lines()).toEqual([]);
  });

  it('begins with its present join where the registry has forgotten the one before', async () => {
    const backup = registry.snapshot();
    const first = followerOf(await join('a'));
    registry.restore(backup);
    await join('b');
    const second = followerOf(await join('a'), first.follower.cursor);
    await join('c');
    await second.round();
    expect(second.lines()).toEqual(['joined c#1']);
  });

  it('looks at once where its own node has written', async () => {
    const [a, b, c] = [await join('a'), await join('b'), await join('c')];
    const { lines, round, follower } = followerOf(c);
    await round();
    await recover(c, a, b);
    follower.look();
    await settle();
    expect(lines()).toEqual(death);
  });
});
