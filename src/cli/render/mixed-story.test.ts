/** `why` in a cluster in which some observers run the original: rows of its log are imported, some of them late. */
import { beforeEach, expect, test } from 'vitest';
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { unknownMarks } from '../../core/marks.ts';
import { tellStory } from './story.ts';

let now: number;
let registry: MemoryRegistry;
let count: number;

beforeEach(async () => {
  now = Date.parse('2026-05-04T12:00:00Z');
  count = 0;
  registry = new MemoryRegistry({ now: () => now });
  for (const id of ['old-x', 'old-y', 'old-z']) registry.putSharedNode({ id, ipAddress: '10.0.0.9' });
  for (const id of ['new-a', 'new-b', 'new-c']) await join(id, 0);
  await importAll();
});

async function join(nodeId: string, afterEpoch: number): Promise<void> {
  const place = { address: '10.0.0.1', internalAddress: null, port: 6001, region: null };
  await registry.join({
    ...{ nodeId, ...place, isNamed: true, hasHandler: true },
    ...{ instanceId: `${nodeId} ${++count}`, afterEpoch },
  });
}

async function importAll(): Promise<void> {
  await registry.heartbeat({ nodeId: 'new-a', epoch: 1, importEveryMs: 0 });
}

/** A node of ours says it, with evidence where it accuses. */
async function say(kind: 'suspect' | 'dead' | 'recovered', targetId: string, targetEpoch = 1): Promise<void> {
  const evidence =
    kind === 'recovered'
      ? null
      : {
          ...{ missCount: 7, silentMs: 1_600, sinceAnswerMs: 2_100, failures: { refused: 7 } },
          ...{ lastFailure: '', closedConnection: false, lastKind: null, sparedMs: null },
          observer: { watchedCount: 3, answeringCount: 2, inconclusiveCount: 0 },
        };
  await registry.record([
    {
      ...{ operationId: `op ${++count}`, observerId: 'new-a', observerEpoch: 1, targetId, targetEpoch },
      ...{ kind, evidence, ...(kind === 'recovered' ? { knownDecision: 1 } : {}) },
    },
  ]);
}

function old(observerId: string, status: 'suspect' | 'dead' | 'recovered', targetId: string): void {
  registry.appendSharedEvent({ observerId, targetId, status });
}

async function decide(targetId: string, targetEpoch = 1): Promise<void> {
  const result = await registry.decide({
    ...{ targetId, targetEpoch, observerId: 'new-a', observerEpoch: 1, minQuorum: 2, isQuorumStrict: false },
    ...{ quorumWindowMs: 300_000, watchedSince: null, newestBeat: 0, refutationCount: null },
    ...{ maxDeadFraction: 1, marks: unknownMarks, flapWindowMs: 0 },
  });
  expect(result).toMatchObject({ outcome: 'dead' });
}

async function recover(nodeId: string): Promise<void> {
  const lease = { nodeId, epoch: 1, claimId: 'claim', ownerId: 'new-a', ownerEpoch: 1 };
  const tries = { retryBackoffMs: 5_000, maxAttempts: null };
  const claim = await registry.claim({ ...lease, leaseMs: 30_000, ...tries });
  const fence = claim.outcome === 'claimed' ? claim.fence : 0;
  const end = { outcome: 'completed', error: null, retryAfterMs: 0, maxAttempts: null } as const;
  await registry.finish({ nodeId, epoch: 1, claimId: 'claim', fence, ...end });
}

async function told(nodeId: string): Promise<string[]> {
  const { events } = await registry.readEvents({ after: null, limit: 100, nodeId });
  const story = tellStory({
    nodeId,
    node: await registry.readNode(nodeId),
    death: null,
    events,
    epochCount: 9,
  });
  return story.epochs.map(({ epoch, ending, events: lines }) =>
    [`${epoch}: ${ending}`, ...lines.map(({ kind, observerId }) => `${kind} ${observerId}`)].join('; '),
  );
}

test('one death is one chapter, with the votes of the original inside, however late they are imported', async () => {
  now += 60_000;
  await say('suspect', 'new-c');
  old('old-x', 'dead', 'new-c');
  now += 1_000;
  await say('dead', 'new-c');
  await decide('new-c');
  now += 1_000;
  // It has not seen the verdict: its vote comes after it, and is imported when the node is back.
  old('old-y', 'suspect', 'new-c');
  old('old-y', 'dead', 'new-c');
  now += 1_000;
  await recover('new-c');
  now += 10_000;
  await join('new-c', 1);
  now += 1_000;
  await say('recovered', 'new-c');
  for (const observer of ['old-x', 'old-y']) old(observer, 'recovered', 'new-c');
  await importAll();

  expect(await told('new-c')).toEqual([
    [
      '1: it was found dead and was recovered; it came back as a new epoch',
      ...['joined new-c', 'suspect new-a', 'dead old-x', 'dead new-a', 'verdict new-a'],
      ...['suspect old-y', 'dead old-y', 'recovery-started new-a', 'recovery-ended new-a'],
      ...['recovered new-a', 'recovered old-x', 'recovered old-y'],
    ].join('; '),
    '2: no node has accused it; joined new-c',
  ]);
});

test('a vote that a verdict counts is told with it, whatever the clock of its observer says', async () => {
  now += 60_000;
  await say('suspect', 'new-c');
  await join('new-c', 1);
  now += 60_000;
  // Its clock is 90 s late: before the end of the epoch before.
  const createdAt = '2026-05-04 12:00:30';
  registry.appendSharedEvent({ observerId: 'old-x', targetId: 'new-c', status: 'dead', createdAt });
  await say('dead', 'new-c', 2);
  await decide('new-c', 2);

  expect((await told('new-c')).map((chapter) => chapter.includes('dead old-x'))).toEqual([false, true]);
});
