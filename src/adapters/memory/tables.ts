/**
 * The rows of the memory registry as plain objects, with the indexes that keep a round cheap.
 * Not for: rules (membership.ts, verdict.ts and their neighbours decide what is written).
 */
import type { Evidence } from '../../core/evidence.ts';
import type { NodeRecord } from '../../core/node.ts';
import { compareIds } from '../../core/ring.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { EventKind } from '../../ports/registry.ts';

/** A row of `dns_nodes`. */
export interface SharedRow {
  ipAddress: string | null;
  internalIp: string | null;
  region: string | null;
  status: string;
  /** As it is written in the table; null when the heartbeat of a node of ours wrote it, that is from `lastSeenAt`. */
  lastSeen: string | null;
  /** The same in milliseconds since 1970, whole seconds; null when it cannot be read. */
  lastSeenAt: number | null;
}

/** What Ringwatch adds to a node. `instanceId` is null for a node that runs the original. */
export interface OwnRow {
  epoch: number;
  instanceId: string | null;
  port: number | null;
  isNamed: boolean;
  hasHandler: boolean;
  keepsSharedRow: boolean;
  hasLeft: boolean;
  maintenanceUntil: number | null;
  /** Its place in the order of everybody's heartbeats. */
  beatOrder: number;
  lastBeatAt: number;
  refutationCount: number;
  /** Shared events up to this id are about an earlier life. */
  startedAfterId: number;
}

/** What one observer says of one target. */
export interface StatementRow {
  readonly observerId: string;
  readonly observerEpoch: number;
  readonly targetId: string;
  readonly targetEpoch: number;
  readonly status: 'suspect' | 'dead';
  readonly evidence: Evidence | null;
  readonly saidAt: number;
  readonly affirmedAt: number;
  /** Id of its newest shared event. */
  readonly sharedId: number;
}

/** A verdict and the state of its recovery. */
export interface VerdictRow {
  verdict: Verdict;
  claimId: string | null;
  leaseUntil: number;
  nextAttemptAt: number;
  /** When the newest lease or backoff began. */
  heldSince: number;
  hasReturned: boolean;
  resolvedAt: number;
  /** How often a quorum has found the node dead in this epoch. */
  decisionCount: number;
  /** Votes up to this shared id were said before the node returned. */
  returnedAfterId: number;
}

/** A row of `node_health_events`. */
export interface SharedEvent {
  readonly id: number;
  readonly observerId: string;
  readonly targetId: string;
  readonly status: string;
  /** Whole seconds, in milliseconds; null when it cannot be read. */
  readonly at: number | null;
  /** Whether one of our events is about the same. */
  readonly isOurs: boolean;
}

/** A row of our own event log. */
export interface OwnEvent {
  readonly id: number;
  readonly operationId: string;
  readonly kind: EventKind;
  readonly at: number;
  readonly observerId: string;
  readonly targetId: string | null;
  readonly targetEpoch: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Newest shared event when it was written: its place among those. */
  readonly position: number;
}

/** All rows about one node. */
export interface Member {
  readonly id: string;
  shared: SharedRow | null;
  own: OwnRow | null;
  verdicts: ReadonlyMap<number, VerdictRow>;
  /** What is said of it, by observer. */
  accusations: ReadonlyMap<string, StatementRow>;
  /** What it says of others, by target. */
  sayings: ReadonlyMap<string, StatementRow>;
  /** The newest `suspect`, `dead` or `recovered` about it of each observer. */
  newestShared: ReadonlyMap<string, SharedEvent>;
  /** What observers were given of it last. */
  lastRecord: NodeRecord | null;
  /** The order of the newest change of its row's `last_seen`. */
  sharedOrder: number;
  /** Where on the ring it was when that was asked last. */
  lastPlace: number;
}

export type NewEvent = Omit<OwnEvent, 'id' | 'position'>;

/** The whole registry. */
export class Tables {
  readonly members = new Map<string, Member>();
  /** Members with a shared row, in byte order of their ids. */
  readonly ring: Member[] = [];
  /** Open verdicts, oldest first. */
  readonly open: VerdictRow[] = [];
  readonly resolved = new Set<VerdictRow>();
  events: OwnEvent[] = [];
  sharedEvents: SharedEvent[] = [];
  readonly operations = new Set<string>();
  fence = 0;
  /** The highest epoch of a node that was pruned: whoever comes back begins above it. */
  epochFloor = 0;
  prunedAt: number | null = null;
  /** For how long a node of the original is on the ring after its newest heartbeat. */
  windowMs = 900_000;
  /** The newest heartbeat of all. */
  lastBeatOrder = 0;
  lastEventId = 0;
  lastSharedId = 0;

  /** The node's rows; empty ones when nothing is known. */
  member(id: string): Member {
    const known = this.members.get(id);
    if (known !== undefined) return known;
    const member: Member = {
      id,
      shared: null,
      own: null,
      verdicts: none,
      accusations: none,
      sayings: none,
      newestShared: none,
      lastRecord: null,
      sharedOrder: 0,
      lastPlace: 0,
    };
    this.members.set(id, member);
    return member;
  }

  putShared(member: Member, row: SharedRow): void {
    if (member.shared === null) this.ring.splice(this.placeOf(member.id), 0, member);
    member.shared = row;
  }

  removeShared(member: Member): void {
    if (member.shared !== null) this.ring.splice(this.placeOf(member.id), 1);
    member.shared = null;
  }

  /** Index of the first member on the ring whose id is not below `id`. Cheap for whom it was asked last time. */
  placeOf(id: string): number {
    const known = this.members.get(id);
    if (known !== undefined && this.ring[known.lastPlace] === known) return known.lastPlace;
    const place = this.#search(id);
    if (known !== undefined) known.lastPlace = place;
    return place;
  }

  #search(id: string): number {
    let low = 0;
    let high = this.ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const member = this.ring[middle];
      if (member !== undefined && compareIds(member.id, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Appends an event unless its operation is known. False when it was. */
  appendEvent(event: NewEvent): boolean {
    if (this.operations.has(event.operationId)) return false;
    this.operations.add(event.operationId);
    this.lastEventId++;
    this.events.push({ ...event, id: this.lastEventId, position: this.lastSharedId });
    return true;
  }

  appendShared(event: Omit<SharedEvent, 'id'>): number {
    this.lastSharedId++;
    const row: SharedEvent = { ...event, id: this.lastSharedId };
    this.sharedEvents.push(row);
    if (statuses.has(event.status)) {
      const target = this.member(event.targetId);
      target.newestShared = withEntry(target.newestShared, event.observerId, row);
    }
    return row.id;
  }

  /** Drops a shared event from the index. */
  forgetShared(event: SharedEvent): void {
    const target = this.members.get(event.targetId);
    if (target?.newestShared.get(event.observerId) !== event) return;
    target.newestShared = withoutEntry(target.newestShared, event.observerId);
  }

  putStatement(row: StatementRow): void {
    const target = this.member(row.targetId);
    const observer = this.member(row.observerId);
    target.accusations = withEntry(target.accusations, row.observerId, row);
    observer.sayings = withEntry(observer.sayings, row.targetId, row);
  }

  removeStatement(row: StatementRow): void {
    const target = this.members.get(row.targetId);
    const observer = this.members.get(row.observerId);
    if (target !== undefined) target.accusations = withoutEntry(target.accusations, row.observerId);
    if (observer !== undefined) observer.sayings = withoutEntry(observer.sayings, row.targetId);
  }

  putVerdict(member: Member, row: VerdictRow): void {
    member.verdicts = withEntry(member.verdicts, row.verdict.epoch, row);
  }

  removeVerdict(member: Member, row: VerdictRow): void {
    member.verdicts = withoutEntry(member.verdicts, row.verdict.epoch);
  }

  /** Files a verdict among the open or the resolved ones. */
  fileVerdict(row: VerdictRow): void {
    const place = this.open.indexOf(row);
    if (place !== -1) this.open.splice(place, 1);
    this.resolved.delete(row);
    if (row.verdict.resolution !== null) {
      this.resolved.add(row);
      return;
    }
    let index = this.open.length;
    while (index > 0 && isBefore(row, this.open[index - 1])) index--;
    this.open.splice(index, 0, row);
  }
}

/**
 * Stands for every map without an entry: of most members there is nothing to say, and the rounds' readings, which ask
 * each of them, find this one in the processor's cache.
 */
const none: ReadonlyMap<never, never> = new Map<never, never>();

/** The map with that entry: the same one, except that the first entry makes one. */
function withEntry<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  key: Key,
  value: Value,
): ReadonlyMap<Key, Value> {
  const own = map.size === 0 ? new Map<Key, Value>() : (map as Map<Key, Value>);
  return own.set(key, value);
}

/** The map without that entry: the same one, unless it was the last. */
function withoutEntry<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> {
  if (map.size > 0) (map as Map<Key, Value>).delete(key);
  return map.size === 0 ? none : map;
}

/** What observers say; other words of a shared log mean nothing here. */
export const statuses: ReadonlySet<string> = new Set(['suspect', 'dead', 'recovered']);

function isBefore(row: VerdictRow, other: VerdictRow | undefined): boolean {
  if (other === undefined) return false;
  const [a, b] = [row.verdict, other.verdict];
  if (a.decidedAt !== b.decidedAt) return a.decidedAt < b.decidedAt;
  return (compareIds(a.nodeId, b.nodeId) || a.epoch - b.epoch) < 0;
}
