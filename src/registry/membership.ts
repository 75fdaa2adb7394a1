/** Who is in the cluster: joining, heartbeats, leaving, and what a node says of itself. Each is a rule. */
import type { EpochRef, HeartbeatResult, JoinRequest, JoinResult } from '../ports/registry.ts';
import type { NodeRow, SharedNodeRow, VerdictRow } from '../ports/rows.ts';
import { Plus, Taken, type Write } from '../ports/store.ts';
import { clusterRow } from './cluster-row.ts';
import { appendEvent, knownOperations } from './events.ts';
import { isInMaintenance, isOurs, newNode, nodeById, unchanged, updateNode, writeNode } from './node-row.ts';
import { mirrorBeat, mirrorJoin, mirrorLeave } from './original/mirror.ts';
import { newestSharedEvent, noLineAfter, sharedNodeById } from './original/shared-rows.ts';
import { answer, answerForNow, ask, atLeast, change, count, type Rule, type Step, select } from './rule.ts';
import { closeVerdict, openVerdictsOn, updateVerdict } from './verdict-row.ts';

const votesAbout = select('votes', [['targetId', '=']]);
const votesBy = select('votes', [['observerId', '=']]);

/** Whether an epoch has begun, is not over and has not left: for guards. */
const livingEpochs = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['instanceId', 'not-null'],
  ['lifecycle', '<>'],
]);

/** Begins the node's next epoch, unless another instance has begun one since the caller looked. */
export function join(request: JoinRequest, now: number): Rule<JoinResult> {
  const { nodeId, instanceId, afterEpoch } = request;
  const operationId = `joined:${afterEpoch}:${instanceId}`;
  return ask(
    [
      nodeById(nodeId),
      knownOperations([operationId]),
      clusterRow(1),
      openVerdictsOn([nodeId]),
      sharedNodeById([nodeId]),
      newestSharedEvent(1),
    ],
    ([[known], done, [cluster], open, [sharedRow], [newest]]) => {
      const epochNow = known?.epoch ?? 0;
      if (known?.instanceId === instanceId)
        return answerForNow<JoinResult>({ outcome: 'joined', epoch: epochNow });
      if (epochNow !== afterEpoch || done.length > 0)
        return answer<JoinResult>({ outcome: 'conflict', epoch: epochNow });
      const before = known ?? newNode(nodeId);
      // A row may have followed one that was pruned, and a restored registry may have forgotten epochs.
      const epoch = Math.max(epochNow, request.newestEpoch ?? 0, cluster?.epochFloor ?? 0) + 1;
      const joinedAfter = newest?.id ?? 0;
      const status = isInMaintenance(before, now) ? 'maintenance' : 'active';
      const changes = {
        epoch,
        lifecycle: 'alive',
        instanceId,
        port: request.port,
        isNamed: request.isNamed,
        hasHandler: request.hasHandler,
        beatOrder: new Taken('beat'),
        lastBeatAt: now,
        refutationCount: 0,
        decisionCount: 0,
        joinedAfter,
        ...(request.address === null
          ? { keepsShared: false, ...(sharedRow === undefined ? noAddress : addressOf(sharedRow)) }
          : {
              keepsShared: true,
              seen: null,
              address: request.internalAddress ?? request.address,
              region: request.region ?? before.region,
              status,
            }),
      };
      const writes = [
        writeNode(before, changes),
        appendEvent({ kind: 'joined', at: now, observerId: nodeId, targetId: nodeId, targetEpoch: epoch }),
        // The owner of a recovery that runs learns of the newer epoch when it renews its lease.
        ...open.flatMap((verdict) =>
          verdict.attemptCount === 0
            ? closeVerdict(verdict, 'superseded', nodeId, now)
            : [updateVerdict(verdict, { hasReturned: true })],
        ),
        ...mirrorJoin(request, sharedRow, status, now),
      ];
      return change<JoinResult>(
        { outcome: 'joined', epoch },
        writes,
        // What was said of the former epochs counts no more: all of it stands before this place in the log.
        [unchanged([nodeId, known]), noLineAfter(nodeId, joinedAfter)],
        [operationId],
      );
    },
  );
}

/** A node without an address cannot be probed; the import puts it on the ring once there is a row with one. */
const noAddress = { lifecycle: 'away', address: '' } as const;

/** Where another program keeps the row, its address is the node's. */
function addressOf({ ipAddress, internalIp }: SharedNodeRow) {
  return { address: internalIp || ipAddress || '' };
}

function unclaimed(open: readonly VerdictRow[]): VerdictRow[] {
  return open.filter(({ attemptCount }) => attemptCount === 0);
}

/** What a heartbeat has to know of its node's row. */
export type BeatFacts = Pick<NodeRow, 'lifecycle' | 'keepsShared' | 'maintenanceUntil'>;

/** Whether the row is still as a heartbeat knows it: for its guard. */
const isStillSo = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['instanceId', 'not-null'],
  ['lifecycle', '='],
  ['keepsShared', '='],
  ['maintenanceUntil', '='],
]);

/** One conditional write by what was known of the row: a heartbeat reads nothing in the steady state. */
export function beat({ nodeId, epoch }: EpochRef, known: BeatFacts, now: number): Step<HeartbeatResult> {
  const { lifecycle, keepsShared, maintenanceUntil } = known;
  // Another program's word ends with the next heartbeat where the node keeps its row itself.
  const isBack = lifecycle === 'away' && keepsShared;
  const status = maintenanceUntil > now ? 'maintenance' : 'active';
  const beaten = { beatOrder: new Taken('beat'), lastBeatAt: now };
  const writes: Write[] = [
    isBack
      ? updateNode(nodeId, { ...beaten, lifecycle: 'alive', status })
      : {
          kind: 'update',
          table: 'nodes',
          key: [nodeId],
          changes: { ...beaten, ...(keepsShared ? { status } : {}) },
        },
    ...(keepsShared ? mirrorBeat(nodeId, status, now) : []),
  ];
  const guard = atLeast(isStillSo(nodeId, epoch, lifecycle, keepsShared, maintenanceUntil), 1);
  return change<HeartbeatResult>('beating', writes, [guard]);
}

/** A heartbeat as nearly all of them are. A store may prepare the commit by it. */
export function sampleBeat(keepsShared: boolean): Step<HeartbeatResult> {
  return beat({ nodeId: '', epoch: 0 }, { lifecycle: 'alive', keepsShared, maintenanceUntil: 0 }, 0);
}

/** The facts for a heartbeat of this epoch; or why there is none. */
export function beatFacts({ nodeId, epoch }: EpochRef): Rule<BeatFacts | 'over' | 'forgotten'> {
  return ask([nodeById(nodeId)], ([[row]]) => {
    type Facts = BeatFacts | 'over' | 'forgotten';
    if (row === undefined || row.epoch < epoch) return answer<Facts>('forgotten');
    const isLiving = isOurs(row) && row.epoch === epoch && row.lifecycle !== 'left';
    return isLiving ? answerForNow<Facts>(row) : answer<Facts>('over');
  });
}

/** The node leaves the ring; what it said and what is said of it is void. */
export function leave({ nodeId, epoch }: EpochRef, now: number): Rule<void> {
  return ask(
    [nodeById(nodeId), openVerdictsOn([nodeId]), sharedNodeById([nodeId]), newestSharedEvent(1)],
    ([[known], open, [sharedRow], [newest]]) => {
      const row = known ?? (sharedRow === undefined ? undefined : newNode(nodeId));
      if (row === undefined || row.epoch !== epoch) return answer(undefined);
      if (isOurs(row) && row.lifecycle === 'left') return answer(undefined);
      // A node of the original says nothing itself: its epoch ends here, and its next heartbeat begins another one.
      const left = isOurs(row) ? {} : { epoch: epoch + 1, decisionCount: 0, joinedAfter: newest?.id ?? 0 };
      const writes = [
        writeNode(row, { ...left, lifecycle: 'left', status: 'inactive' }),
        appendEvent({ kind: 'left', at: now, observerId: nodeId, targetId: nodeId, targetEpoch: epoch }),
        { kind: 'delete', query: votesAbout(nodeId) } as const,
        { kind: 'delete', query: votesBy(nodeId) } as const,
        ...unclaimed(open).flatMap((verdict) => closeVerdict(verdict, 'left', nodeId, now)),
        ...mirrorLeave(nodeId),
      ];
      return change(undefined, writes, [unchanged([nodeId, known])]);
    },
  );
}

/** Says whether the node has a recovery handler now; nothing when the epoch is over. */
export function setHandler({
  nodeId,
  epoch,
  hasHandler,
}: EpochRef & { readonly hasHandler: boolean }): Step<void> {
  return change(undefined, [updateNode(nodeId, { hasHandler })], [isLiving(nodeId, epoch)]);
}

/** Answers an accusation; nothing when the epoch is over. */
export function refute({ nodeId, epoch }: EpochRef): Step<void> {
  return change(undefined, [updateNode(nodeId, { refutationCount: new Plus(1) })], [isLiving(nodeId, epoch)]);
}

function isLiving(nodeId: string, epoch: number) {
  return atLeast(livingEpochs(nodeId, epoch, 'left'), 1);
}
