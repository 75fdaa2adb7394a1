/** Random calls of a registry, with few ids and claims so that they meet. Not for: what they must answer. */

import fc from 'fast-check';
import { unknownMarks } from '../../src/core/marks.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { refusedEvidence } from '../../src/testing/registry-requests.ts';

/** The last two run the original. */
export const ids = ['a', 'b', 'ä', '🦊', 'x', 'y'];

/** A registry, and the shared tables beside it. */
export interface Side {
  readonly registry: Registry;
  putNode(id: string, status: string, agoMs: number): Promise<void>;
  removeNode(id: string): Promise<void>;
  appendEvent(observerId: string, targetId: string, status: string, agoMs: number): Promise<void>;
}

/** One call, to be made on both sides. */
export interface Step {
  readonly title: string;
  run(side: Side): Promise<unknown>;
}

function steps<T extends object>(
  title: string,
  values: fc.Arbitrary<T>,
  run: (side: Side, value: T) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return values.map((value) => ({
    title: `${title} ${JSON.stringify(value)}`,
    run: (side) => run(side, value),
  }));
}

const id = fc.constantFrom(...ids);
/** Mostly the present epoch, which is looked up when the step runs. */
const life = fc.record({
  nodeId: id,
  epoch: fc.oneof(
    { weight: 8, arbitrary: fc.constant('present' as const) },
    { weight: 1, arbitrary: fc.nat(3) },
  ),
});
/** Few targets, so that votes meet. */
const target = fc.record({
  nodeId: fc.constantFrom('b', 'b', 'x', 'x', '🦊', 'a'),
  epoch: fc.constant('present' as const),
});
const anyTarget = fc.oneof({ weight: 5, arbitrary: target }, { weight: 1, arbitrary: life });
/** Only nodes of ours write by the registry. */
const observers = life.map((value) =>
  value.nodeId === 'x' || value.nodeId === 'y' ? { ...value, nodeId: 'a' } : value,
);
type Life = { readonly nodeId: string; readonly epoch: number | 'present' };

async function resolve({ registry }: Side, { nodeId, epoch }: Life) {
  if (epoch !== 'present') return { nodeId, epoch };
  return { nodeId, epoch: (await registry.readNode(nodeId))?.epoch ?? 0 };
}

const claimId = fc.constantFrom('c1', 'c1', 'c2');
const statuses = fc.constantFrom(
  'active',
  'active',
  'inactive',
  'offline',
  'draining',
  'maintenance',
  'strange',
);
const kinds = fc.constantFrom('dead' as const, 'dead' as const, 'suspect' as const, 'recovered' as const);
const agoMs = fc.constantFrom(0, 0, 20_000, 290_000, 310_000, 890_000, 910_000, -60_000);

const join = steps(
  'join',
  fc.record({
    nodeId: fc.constantFrom('a', 'b', 'ä', '🦊', 'x'),
    instanceId: fc.string({ minLength: 1, maxLength: 1 }),
    isRepeated: fc.boolean(),
    isLate: fc.nat(9),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.2', null),
    internalAddress: fc.constantFrom(null, null, '10.9.9.9'),
    hasHandler: fc.boolean(),
  }),
  async ({ registry }, { nodeId, instanceId, isLate, isRepeated, ...rest }) => {
    const known = await registry.readNode(nodeId);
    return registry.join({
      ...rest,
      nodeId,
      instanceId: isRepeated && known?.instanceId ? known.instanceId : `${nodeId} ${instanceId}`,
      afterEpoch: (known?.epoch ?? 0) + (isLate === 0 ? 1 : 0),
      port: null,
      region: null,
      isNamed: true,
    });
  },
);

const say = steps(
  'say',
  fc.record({
    operationId: fc.nat(200),
    observer: observers,
    kind: kinds,
    target: anyTarget,
    knownDecision: fc.constantFrom(0, 1, 1, 2),
    isRefused: fc.boolean(),
  }),
  async (side, { operationId, observer, kind, target: about, knownDecision, isRefused }) => {
    const by = await resolve(side, observer);
    const of = await resolve(side, about);
    return side.registry.record([
      {
        operationId: `${operationId}`,
        observerId: by.nodeId,
        observerEpoch: by.epoch,
        kind,
        targetId: of.nodeId,
        targetEpoch: of.epoch,
        evidence: isRefused && kind !== 'recovered' ? refusedEvidence : null,
        knownDecision,
      },
    ]);
  },
);

const decide = steps(
  'decide',
  fc.record({
    target: anyTarget,
    observer: life,
    minQuorum: fc.constantFrom(1, 1, 2, 2, 3),
    isQuorumStrict: fc.boolean(),
    // Small numbers, as the order of heartbeats has at the beginning of a sequence.
    watchedSince: fc.option(fc.nat(30), { freq: 3 }),
    newestBeat: fc.nat(12),
    refutationCount: fc.constantFrom(null, null, 0, 1),
    maxDeadFraction: fc.constantFrom(0, 1 / 3, 1, 1),
    marks: fc.record({
      returnMark: fc.option(fc.nat(40), { freq: 3 }),
      deathMark: fc.option(fc.nat(40), { freq: 3 }),
      flapMark: fc.option(fc.nat(40), { freq: 3 }),
    }),
    flapWindowMs: fc.constantFrom(0, 60_000),
    isEarly: fc.constantFrom(false, false, false, true),
  }),
  async (side, { target: about, observer, ...rest }) => {
    const of = await resolve(side, about);
    const by = await resolve(side, observer);
    return side.registry.decide({
      ...rest,
      targetId: of.nodeId,
      targetEpoch: of.epoch,
      observerId: by.nodeId,
      observerEpoch: by.epoch,
      quorumWindowMs: 300_000,
    });
  },
);

/** Of an open verdict where there is one, and with its fence. */
async function openVerdict({ registry }: Side, place: number) {
  const { openVerdicts } = await registry.readRound({
    nodeId: 'a',
    epoch: 1,
    lookAhead: 1,
    watched: [],
  });
  const verdict = openVerdicts[place % Math.max(1, openVerdicts.length)]?.verdict;
  return { nodeId: verdict?.nodeId ?? 'b', epoch: verdict?.epoch ?? 1, fence: verdict?.fence ?? 1 };
}

const claim = steps(
  'claim',
  fc.record({ place: fc.nat(3), owner: life, claimId, holdMs: fc.constantFrom(0, 10_000) }),
  async (side, { place, owner, claimId: given, holdMs }) => {
    const by = await resolve(side, owner);
    const { nodeId, epoch } = await openVerdict(side, place);
    return side.registry.claim({
      nodeId,
      epoch,
      ownerId: by.nodeId,
      ownerEpoch: by.epoch,
      claimId: `${given} ${nodeId}`,
      leaseMs: 30_000,
      holdMs,
      retryBackoffMs: 5_000,
      maxAttempts: null,
    });
  },
);

const end = steps(
  'end',
  fc.record({
    place: fc.nat(3),
    claimId,
    how: fc.constantFrom('completed' as const, 'failed' as const, 'aborted' as const, 'renew' as const),
  }),
  async (side, { place, claimId: given, how }) => {
    const verdict = await openVerdict(side, place);
    const lease = { ...verdict, claimId: `${given} ${verdict.nodeId}` };
    if (how === 'renew') return side.registry.renew({ ...lease, leaseMs: 30_000 });
    return side.registry.finish({
      ...lease,
      outcome: how,
      error: 'no',
      retryAfterMs: 5_000,
      maxAttempts: null,
    });
  },
);

const bury = steps(
  'obituary',
  fc.record({ self: life, isStranger: fc.nat(9), maxDeadFraction: fc.constantFrom(0, 1 / 3, 1) }),
  async (side, { self, isStranger, maxDeadFraction }) => {
    const { nodeId, epoch } = await resolve(side, self);
    const known = await side.registry.readNode(nodeId);
    return side.registry.obituary({
      ...{ targetId: nodeId, targetEpoch: epoch, observerId: nodeId, observerEpoch: epoch },
      ...{ watchedSince: null, newestBeat: 0, maxDeadFraction, marks: unknownMarks, flapWindowMs: 0 },
      instanceId: isStranger === 0 ? 'another' : (known?.instanceId ?? 'none'),
      reason: `exit code ${epoch}`,
    });
  },
);

const weighted: readonly (readonly [number, fc.Arbitrary<Step>])[] = [
  [3, join],
  [14, say],
  [10, decide],
  [7, claim],
  [8, end],
  [3, bury],
  [3, steps('heartbeat', life, async (side, value) => side.registry.heartbeat(await resolve(side, value)))],
  [
    4,
    steps(
      'heartbeat that imports',
      fc.record({
        by: fc.constantFrom('a', 'a', 'b', 'ä', '🦊'),
        membershipWindowMs: fc.constantFrom(900_000, 900_000, 60_000),
      }),
      async (side, { by, membershipWindowMs }) => {
        const self = await resolve(side, { nodeId: by, epoch: 'present' });
        return side.registry.heartbeat({ ...self, importEveryMs: 0, membershipWindowMs });
      },
    ),
  ],
  [1, steps('leave', life, async (side, value) => side.registry.leave(await resolve(side, value)))],
  [1, steps('refute', life, async (side, value) => side.registry.refute(await resolve(side, value)))],
  [
    1,
    steps('handler', life, async (side, value) =>
      side.registry.setHandler({ ...(await resolve(side, value)), hasHandler: false }),
    ),
  ],
  [
    1,
    steps(
      'maintenance',
      fc.record({ nodeId: id, durationMs: fc.constantFrom(0, 30_000, 600_000) }),
      (side, value) => side.registry.setMaintenance(value),
    ),
  ],
  [
    1,
    steps('dismiss', life, async (side, value) => {
      const of = await resolve(side, value);
      return side.registry.dismiss({ ...of, operatorId: 'me', operationId: `${of.epoch} ${of.nodeId}` });
    }),
  ],
  [
    1,
    steps('prune', life, async (side, value) =>
      side.registry.prune({
        ...(await resolve(side, value)),
        maxAgeMs: 700_000,
        maxEventCount: 20,
        departedAfterMs: 400_000,
        everyMs: 10_000,
      }),
    ),
  ],
  [
    3,
    steps(
      'the original writes a node',
      fc.record({ id: fc.constantFrom('x', 'y', 'b'), status: statuses, agoMs }),
      (side, value) => side.putNode(value.id, value.status, value.agoMs),
    ),
  ],
  [
    1,
    steps('the original deletes a node', fc.constantFrom({ id: 'x' }, { id: 'b' }), (side, value) =>
      side.removeNode(value.id),
    ),
  ],
  [
    5,
    steps(
      'the original says',
      fc.record({ observer: fc.constantFrom('x', 'y', 'y', 'a'), target: id, kind: kinds, agoMs }),
      (side, value) => side.appendEvent(value.observer, value.target, value.kind, value.agoMs),
    ),
  ],
];

/** The cluster that every sequence begins with. */
export async function begin({ registry, putNode }: Side): Promise<void> {
  for (const nodeId of ['a', 'b', 'ä', '🦊']) {
    await registry.join({
      nodeId,
      instanceId: `${nodeId} first`,
      afterEpoch: 0,
      address: '10.0.0.1',
      internalAddress: null,
      hasHandler: true,
      port: 7001,
      region: 'eu',
      isNamed: true,
    });
  }
  for (const nodeId of ['x', 'y']) await putNode(nodeId, 'active', 0);
  await registry.heartbeat({ nodeId: 'a', epoch: 1, importEveryMs: 0 });
}

/** A sequence of calls, and how long the clock runs before each. */
export const script = fc.array(
  fc.record({
    step: fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
    passMs: fc.constantFrom(
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      1,
      999,
      999,
      6_000,
      6_000,
      31_000,
      31_000,
      200_000,
      -70_000,
    ),
  }),
  { minLength: 40, maxLength: 80, size: 'max' },
);
