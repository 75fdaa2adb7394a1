/**
 * One half of the border to the original. What nodes of ours do is written to its tables too, in the same transaction.
 * So nodes of the original see us as they see each other. Not for: reading its rows (import.ts).
 */
import type { JoinRequest, StatementEntry } from '../../ports/registry.ts';
import type { NodeRow, SharedNodeRow } from '../../ports/rows.ts';
import type { Guard, Write } from '../../ports/store.ts';
import { atLeast, count } from '../rule.ts';
import { maintained, ownStatuses } from './shared-rows.ts';
import { timestamp } from './time.ts';

const sharedNodesSaying = count('sharedNodes', [
  ['id', '='],
  ['status', '='],
]);

/**
 * The node's row of `dns_nodes`. An address that is there already stays: peers find the given one in `internal_ip`.
 * Nothing where another program keeps the row.
 */
export function mirrorJoin(
  { nodeId, address, internalAddress, region }: JoinRequest,
  known: SharedNodeRow | undefined,
  status: string,
  now: number,
): Write[] {
  if (address === null) return [];
  if (known === undefined) return [putShared(nodeId, { address, internalAddress, region }, status, now)];
  const at = timestamp(now);
  const seen = { status, lastSeen: at, updatedAt: at };
  const internalIp = internalAddress ?? (known.ipAddress === address ? null : address);
  const changes = { internalIp, region: region ?? known.region, ...seen };
  return [{ kind: 'update', table: 'sharedNodes', key: [nodeId], changes }];
}

/** What a new row of a node is made of, besides its times. */
export interface SharedPlace {
  readonly address: string;
  readonly internalAddress: string | null;
  readonly region: string | null;
}

/** A row where there is none. */
export function putShared(
  nodeId: string,
  { address, internalAddress, region }: SharedPlace,
  status: string,
  now: number,
): Write {
  const at = timestamp(now);
  const times = { lastSeen: at, createdAt: at, updatedAt: at };
  const row = { id: nodeId, ipAddress: address, internalIp: internalAddress, region, status, ...times };
  return { kind: 'put', table: 'sharedNodes', row };
}

/** A heartbeat of a node that keeps its row. */
export function mirrorBeat(nodeId: string, status: string, now: number): Write[] {
  const at = timestamp(now);
  return [update(nodeId, { status, lastSeen: at, updatedAt: at })];
}

/** A node that has left is inactive for the original, no matter which program keeps the row. */
export function mirrorLeave(nodeId: string): Write[] {
  return [update(nodeId, { status: 'inactive' })];
}

/** The original passes over a node in maintenance too. A status of another program stays. */
export function mirrorMaintenance(
  { keepsShared, lastBeatAt }: NodeRow,
  known: SharedNodeRow | undefined,
  isOn: boolean,
  now: number,
): Write[] {
  if (known === undefined) return [];
  const status = maintained(known.status, isOn);
  // A clock that was put back: the row must not say that the node was seen later than now.
  const seen = keepsShared && lastBeatAt > now ? { lastSeen: timestamp(now) } : {};
  const changes = { ...(status === known.status ? {} : { status }), ...seen };
  return Object.keys(changes).length === 0 ? [] : [update(known.id, changes)];
}

/** The guard that the status which the mirror replaces by that is still there; none for a word that it leaves. */
export function isStillReplaced(known: SharedNodeRow | undefined): Guard[] {
  if (known === undefined || !ownStatuses.includes(known.status)) return [];
  return [atLeast(sharedNodesSaying(known.id, known.status), 1)];
}

/** A statement of an observer of ours, which observers of the original count. */
export function mirrorStatement({ observerId, targetId, kind }: StatementEntry, now: number): Write[] {
  const row = { observerId, targetId, status: kind, createdAt: timestamp(now) };
  return [{ kind: 'append', table: 'sharedEvents', row }];
}

function update(nodeId: string, changes: Readonly<Record<string, string>>): Write {
  return { kind: 'update', table: 'sharedNodes', key: [nodeId], changes };
}
