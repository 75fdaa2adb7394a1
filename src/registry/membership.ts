/** Who is in the cluster: joining, heartbeats, leaving, and what a node says of itself. Each is a rule. */
import { bareAddress } from '../core/wire/address-text.ts';
import type { EpochRef, HeartbeatResult, JoinRequest, JoinResult } from '../ports/registry.ts';
import type { RegistryError } from '../ports/registry-error.ts';
import type { NodeRow, VerdictRow } from '../ports/rows.ts';
import { Plus, Taken, type Write } from '../ports/store.ts';
import { besideOthers, underName } from './cluster-name.ts';
import { clusterRow } from './cluster-row.ts';
import { appendEvent, knownOperations } from './events.ts';
import {
  aliveFromNow,
  isInMaintenance,
  isOurs,
  newNode,
  nodeById,
  unchanged,
  updateNode,
  writeNode,
} from './node-row.ts';
import { mirrorBeat, mirrorJoin, mirrorLeave, putShared, type SharedPlace } from './original/mirror.ts';
import {
  addressIn,
  newestSharedEvent,
  noLineAfter,
  sharedNodeById,
  sharedNodesOf,
} from './original/shared-rows.ts';
import { endLeases, leasesOf } from './owner-over.ts';
import {
  answer,
  answerForNow,
  ask,
  atLeast,
  atMost,
  change,
  count,
  type Problem,
  type Rule,
  type Step,
  select,
} from './rule.ts';
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

/**
 * Begins the node's next epoch, unless another instance has begun one since the caller looked. An error is the answer
 * where the registry is of another cluster.
 */
export function join(request: JoinRequest, now: number): Rule<JoinResult | RegistryError> {
  const { nodeId, instanceId, afterEpoch, settings } = request;
  const operationId = `joined:${afterEpoch}:${instanceId}`;
  return ask(
    [
      nodeById(nodeId),
      knownOperations([operationId]),
      clusterRow(1),
      openVerdictsOn([nodeId]),
      sharedNodeById([nodeId]),
      newestSharedEvent(1),
      leasesOf(nodeId),
    ],
    ([[known], done, [cluster], open, [sharedRow], [newest], owned]) => {
      const epochNow = known?.epoch ?? 0;
      // The same join again, whose answer was lost.
      if (known?.instanceId === instanceId)
        return besideOthers(request, (told) =>
          answerForNow<JoinResult>({ outcome: 'joined', epoch: epochNow, ...told }),
        );
      if (epochNow !== afterEpoch || done.length > 0)
        return answer<JoinResult>({ outcome: 'conflict', newestEpoch: epochNow });
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
        ...aliveFromNow,
        lastBeatAt: now,
        refutationCount: 0,
        decisionCount: 0,
        obituary: null,
        settings: settings ?? null,
        joinedAfter,
        ...(request.address === null
          ? {
              keepsShared: false,
              ...(sharedRow === undefined ? noAddress : { address: addressIn(sharedRow) }),
            }
          : {
              keepsShared: true,
              seen: null,
              address: bareAddress(request.internalAddress ?? request.address),
              region: request.region ?? before.region,
              status,
            }),
      };
      const leases = endLeases(nodeId, owned, true, now);
      const writes: Write[] = [
        writeNode(before, changes),
        appendEvent({
          ...{ kind: 'joined', at: now, observerId: nodeId, targetId: nodeId, targetEpoch: epoch },
          detail: {
            ...{ address: changes.address, port: request.port },
            ...(settings === undefined ? {} : { settings }),
          },
        }),
        // The owner of a recovery that runs learns of the newer epoch when it renews its lease.
        ...open.flatMap((verdict) =>
          verdict.attemptCount === 0
            ? closeVerdict(verdict, 'superseded', nodeId, now)
            : [updateVerdict(verdict, { hasReturned: true })],
        ),
        ...leases.writes,
        ...mirrorJoin(request, sharedRow, status, now),
      ];
      // What was said of the former epochs counts no more: all of it stands before this place in the log.
      const guards = [unchanged([nodeId, known]), noLineAfter(nodeId, joinedAfter), ...leases.guards];
      return underName(request, cluster, (naming) =>
        besideOthers(request, (told) =>
          change<JoinResult>(
            { outcome: 'joined', epoch, ...told },
            [...writes, ...naming.writes],
            [...guards, ...naming.guards],
            [operationId],
          ),
        ),
      );
    },
  );
}

/** A node without an address cannot be probed; the import puts it on the ring once there is a row with one. */
const noAddress = { lifecycle: 'away', address: '' } as const;

function unclaimed(open: readonly VerdictRow[]): VerdictRow[] {
  return open.filter(({ attemptCount }) => attemptCount === 0);
}

/** What a heartbeat has to know of its node's rows. */
export interface BeatFacts extends Pick<NodeRow, 'lifecycle' | 'keepsShared' | 'maintenanceUntil'> {
  /** What its row of `dns_nodes` is made of, where another program has deleted it; null while it is there. */
  readonly missing: SharedPlace | null;
}

/** Whether the row is still as a heartbeat knows it: for its guard. */
const isStillSo = count('nodes', [
  ['nodeId', '='],
  ['epoch', '='],
  ['instanceId', 'not-null'],
  ['lifecycle', '='],
  ['keepsShared', '='],
  ['maintenanceUntil', '='],
]);

/** What a heartbeat does with the row of `dns_nodes`: nothing where another program keeps it, or had taken the node off. */
function deedOf({ keepsShared, missing, lifecycle }: BeatFacts): 'none' | 'beat' | 'put-back' {
  if (!keepsShared) return 'none';
  if (missing === null) return 'beat';
  return lifecycle === 'alive' ? 'put-back' : 'none';
}

/** One conditional write by what was known of the rows: a heartbeat reads nothing in the steady state. */
export function beat({ nodeId, epoch }: EpochRef, known: BeatFacts, now: number): Step<HeartbeatResult> {
  const { lifecycle, keepsShared, maintenanceUntil, missing } = known;
  const deed = deedOf(known);
  const status = maintenanceUntil > now ? 'maintenance' : 'active';
  const beaten = { beatOrder: new Taken('beat'), lastBeatAt: now };
  const own: Write =
    afterBeat(known).lifecycle === lifecycle
      ? {
          kind: 'update',
          table: 'nodes',
          key: [nodeId],
          changes: { ...beaten, ...(deed === 'none' ? {} : { status }) },
        }
      : updateNode(nodeId, { ...beaten, lifecycle: 'alive', status });
  const isStill = atLeast(isStillSo(nodeId, epoch, lifecycle, keepsShared, maintenanceUntil), 1);
  if (deed === 'put-back' && missing !== null) {
    const who = { observerId: nodeId, targetId: nodeId, targetEpoch: epoch };
    const writes = [
      own,
      putShared(nodeId, missing, status, now),
      appendEvent({ kind: 'listed-again', at: now, ...who }),
    ];
    const guards = [isStill, atMost(sharedNodesOf(nodeId), 0)];
    return { ...change<HeartbeatResult>('beating', writes, guards), problems: [deletedRow(nodeId)] };
  }
  if (deed === 'none') return change<HeartbeatResult>('beating', [own], [isStill]);
  const writes = [own, ...mirrorBeat(nodeId, status, now)];
  return change<HeartbeatResult>('beating', writes, [isStill, atLeast(sharedNodesOf(nodeId), 1)]);
}

function deletedRow(nodeId: string): Problem {
  const message = `The row of dns_nodes of ${nodeId} was deleted while its agent runs. It is put back; look for what deletes it.`;
  return { table: 'dns_nodes', key: nodeId, message, isUsed: true };
}

/** What is known after it. Another program's word ends with a heartbeat where the node keeps its row itself. */
export function afterBeat({ lifecycle, keepsShared, maintenanceUntil, missing }: BeatFacts): BeatFacts {
  const deed = deedOf({ lifecycle, keepsShared, maintenanceUntil, missing });
  const isBack = lifecycle === 'away' && deed === 'beat';
  return {
    lifecycle: isBack ? 'alive' : lifecycle,
    keepsShared,
    maintenanceUntil,
    missing: deed === 'put-back' ? null : missing,
  };
}

/** A heartbeat as nearly all of them are. A store may prepare the commit by it. */
export function sampleBeat(keepsShared: boolean): Step<HeartbeatResult> {
  const known = { lifecycle: 'alive', keepsShared, maintenanceUntil: 0, missing: null };
  return beat({ nodeId: '', epoch: 0 }, known, 0);
}

/** The facts for a heartbeat of this epoch; or why there is none. `joined` is how the node joined, where that is known. */
export function beatFacts(
  { nodeId, epoch }: EpochRef,
  joined: SharedPlace | undefined,
): Rule<BeatFacts | 'over' | 'forgotten'> {
  return ask([nodeById(nodeId), sharedNodeById([nodeId])], ([[row], listed]) => {
    type Facts = BeatFacts | 'over' | 'forgotten';
    if (row === undefined || row.epoch < epoch) return answer<Facts>('forgotten');
    const isLiving = isOurs(row) && row.epoch === epoch && row.lifecycle !== 'left';
    // Its row of `dns_nodes` has gone with the verdict, and a heartbeat that was under way must not bring it back.
    const isBuried = row.lifecycle === 'dead' && row.obituary !== null;
    if (!isLiving || isBuried) return answer<Facts>('over');
    const { address, region } = row;
    const missing = listed.length > 0 ? null : (joined ?? { address, internalAddress: null, region });
    return answerForNow<Facts>({ ...row, missing });
  });
}

/** The node leaves the ring; what it said and what is said of it is void. */
export function leave({ nodeId, epoch }: EpochRef, now: number): Rule<void> {
  return ask(
    [
      nodeById(nodeId),
      openVerdictsOn([nodeId]),
      sharedNodeById([nodeId]),
      newestSharedEvent(1),
      leasesOf(nodeId),
    ],
    ([[known], open, [sharedRow], [newest], owned]) => {
      const row = known ?? (sharedRow === undefined ? undefined : newNode(nodeId));
      if (row === undefined || row.epoch !== epoch) return answer(undefined);
      if (isOurs(row) && row.lifecycle === 'left') return answer(undefined);
      // A node of the original says nothing itself: its epoch ends here, and its next heartbeat begins another one.
      const left = isOurs(row) ? {} : { epoch: epoch + 1, decisionCount: 0, joinedAfter: newest?.id ?? 0 };
      const leases = endLeases(nodeId, owned, true, now);
      const writes = [
        writeNode(row, { ...left, lifecycle: 'left', status: 'inactive', deathOrder: 0 }),
        appendEvent({ kind: 'left', at: now, observerId: nodeId, targetId: nodeId, targetEpoch: epoch }),
        { kind: 'delete', query: votesAbout(nodeId) } as const,
        { kind: 'delete', query: votesBy(nodeId) } as const,
        ...unclaimed(open).flatMap((verdict) => closeVerdict(verdict, 'left', nodeId, now)),
        ...leases.writes,
        ...mirrorLeave(nodeId),
      ];
      return change(undefined, writes, [unchanged([nodeId, known]), ...leases.guards]);
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
