/**
 * What one import from the tables of the original writes: nodes by their rows of `dns_nodes`, votes and events by lines of
 * the shared log. Not for: which rows are looked at (import.ts).
 */
import type { ForeignEventRow, ListedRow, NodeRow } from '../../ports/rows.ts';
import { type Changes, Taken, type Write } from '../../ports/store.ts';
import { appendEvent } from '../events.ts';
import { aliveFromNow, isOurs, newNode, nextEpoch, updateNode, writeNode } from '../node-row.ts';
import type { Problem } from '../rule.ts';
import { deleteVote, putVote } from '../vote-row.ts';
import { addressIn, ownStatuses } from './shared-rows.ts';
import { parseTimestamp } from './time.ts';

/** An installation's own maintenance ends this long after the node's last heartbeat. */
const maintenanceMs = 900_000;

/** New nodes that one import takes in at most; the next one goes on. */
const nodeLimit = 500;

/** What an import knows before it writes. */
export interface ImportFacts {
  readonly nodes: ReadonlyMap<string, NodeRow>;
  readonly windowMs: number;
  /** A node that was forgotten and is back begins above it. */
  readonly epochFloor: number;
  /** Nodes that lines of the log name: they are taken in whatever the limit says, or what is said of them is lost. */
  readonly named: ReadonlySet<string>;
  /** Whether so long has gone by since the import before that the clock may have been set: see `longestGapMs`. */
  readonly isFirstLook: boolean;
  /** Dead nodes of the original that no observer can bring back: their next heartbeat does. */
  readonly forsaken: ReadonlySet<string>;
  /** The newest line of the shared log. */
  readonly newestId: number;
  readonly now: number;
}

/** The writes of one import. */
export class ImportDraft {
  readonly writes: Write[] = [];
  readonly problems: Problem[] = [];
  readonly #nodes: Map<string, NodeRow>;
  readonly #changed = new Set<string>();
  readonly #facts: ImportFacts;

  constructor(facts: ImportFacts) {
    this.#facts = facts;
    this.#nodes = new Map(facts.nodes);
  }

  /** Nodes whose rows, or votes about whom, are written by what was read of them. */
  changedIds(): string[] {
    return [...this.#changed];
  }

  /** What `dns_nodes` says of a node that does not keep its row itself. */
  takeNode(id: string, row: ListedRow | undefined): void {
    const before = this.#nodes.get(id);
    if (before === undefined && row === undefined) return;
    if (before?.keepsShared) this.#takeStatus(before, row);
    else if (before !== undefined && isOurs(before)) this.#takeKept(before, row);
    else this.#takeOriginal(before, id, row);
  }

  /**
   * A node of ours that keeps its row: another status takes it off the ring while it stands, or until a heartbeat. A row
   * that was deleted says nothing: the node stays as it is.
   */
  #takeStatus(before: NodeRow, row: ListedRow | undefined): void {
    if (row === undefined) return;
    const isOn = ownStatuses.includes(row.status);
    if (before.lifecycle !== (isOn ? 'away' : 'alive')) return;
    this.#put(before, { lifecycle: isOn ? 'alive' : 'away', status: row.status });
  }

  /** A node of ours whose row another program keeps: its address and its status. */
  #takeKept(before: NodeRow, row: ListedRow | undefined): void {
    const isOn = row !== undefined && ownStatuses.includes(row.status);
    const { lifecycle } = before;
    const isMoved = (lifecycle === 'alive' && !isOn) || (lifecycle === 'away' && isOn);
    const changes = {
      status: row?.status ?? '',
      region: row?.region ?? before.region,
      ...(row === undefined ? {} : { address: addressIn(row) }),
      ...(isMoved ? { lifecycle: isOn ? 'alive' : 'away' } : {}),
      ...this.#maintenanceOf(before, row, before.lastBeatAt, true),
    };
    if (differs(before, changes)) this.#put(before, changes);
  }

  /** A node of the original: on the ring by its status and while its `last_seen` goes on changing. */
  #takeOriginal(known: NodeRow | undefined, id: string, row: ListedRow | undefined): void {
    const { now, windowMs, epochFloor, named, isFirstLook, forsaken, newestId } = this.#facts;
    const before = known ?? { ...newNode(id), epoch: epochFloor };
    const seenAt = row === undefined ? null : parseTimestamp(row.lastSeen);
    if (row !== undefined && seenAt === null) this.#tellOfTime(row);
    const isNew = before.seen === null;
    const hasBeaten = row !== undefined && seenAt !== null && row.lastSeen !== before.seen;
    // Of a row that is seen for the first time only its own time can tell how old it is.
    const beatAt = hasBeaten ? (isNew ? Math.min(seenAt, now) : now) : before.lastBeatAt;
    const isUnwatched = isFirstLook && !hasBeaten && before.lifecycle === 'alive';
    const aliveAt = isUnwatched ? now : beatAt;
    const isRecent =
      aliveAt > 0 && now - aliveAt <= windowMs + (row?.status === 'maintenance' ? maintenanceMs : 0);
    const isOn = row !== undefined && seenAt !== null && isRecent && ringStatuses.has(row.status);
    if (known === undefined && seenAt === null) return;
    if (known === undefined && !named.has(id) && this.#changed.size >= nodeLimit) return;
    const isActiveAgain = row?.status === 'active' && (hasBeaten || before.status !== 'active');
    const isReborn = before.lifecycle === 'dead' && forsaken.has(id) && row?.status === 'active' && hasBeaten;
    const isBack = before.lifecycle === 'left' ? isActiveAgain : before.lifecycle !== 'dead' || isReborn;
    const changes: Partial<NodeRow> = {
      ...(row === undefined
        ? { status: '' }
        : { address: addressIn(row), region: row.region, status: row.status }),
      ...(hasBeaten ? { seen: row.lastSeen, lastBeatAt: beatAt } : {}),
      ...(isUnwatched ? { lastBeatAt: aliveAt } : {}),
      ...(isBack ? { lifecycle: isOn ? 'alive' : 'away' } : {}),
      ...(isReborn ? nextEpoch(before, newestId) : {}),
      ...this.#maintenanceOf(before, row, beatAt, hasBeaten),
    };
    const { seen: _seen, lastBeatAt: _at, ...rest } = changes;
    const taken = {
      ...(hasBeaten ? { beatOrder: new Taken('beat') } : {}),
      ...(isReborn ? aliveFromNow : {}),
    };
    if (known === undefined || differs(before, rest)) this.#put(before, changes, taken);
    else if (hasBeaten)
      this.#touch(id, { seen: row.lastSeen, lastBeatAt: beatAt, beatOrder: new Taken('beat') });
    else if (isUnwatched) this.#touch(id, { lastBeatAt: aliveAt });
  }

  /** The installation's own maintenance lasts for so long after the last heartbeat; it does not shorten ours. */
  #maintenanceOf(
    before: NodeRow,
    row: ListedRow | undefined,
    beatAt: number,
    hasBeaten: boolean,
  ): Partial<NodeRow> {
    const isOn = row?.status === 'maintenance';
    const hasBegun = isOn && before.status !== 'maintenance';
    if (hasBegun || (isOn && before.isMaintenanceTheirs && hasBeaten)) {
      const until = beatAt + maintenanceMs;
      return until > before.maintenanceUntil ? { maintenanceUntil: until, isMaintenanceTheirs: true } : {};
    }
    const hasEnded = !isOn && row !== undefined && before.isMaintenanceTheirs;
    return hasEnded ? { maintenanceUntil: 0, isMaintenanceTheirs: false } : {};
  }

  /** A line of an observer of the original: an event of ours, and a vote or its end. */
  takeLine({ id, observerId, targetId, status, createdAt }: ForeignEventRow, isListed: boolean): void {
    const at = parseTimestamp(createdAt);
    if (at === null || (status !== 'suspect' && status !== 'dead' && status !== 'recovered')) {
      this.#tell(
        'node_health_events',
        String(id),
        'expected suspect, dead or recovered and a time as YYYY-MM-DD HH:MM:SS',
      );
      return;
    }
    const target = this.#nodes.get(targetId);
    const observer = this.#nodes.get(observerId);
    this.#changed.add(targetId).add(observerId);
    const targetEpoch = target?.epoch ?? null;
    this.writes.push(appendEvent({ kind: status, at, observerId, targetId, targetEpoch }));
    if (target === undefined || observerId === targetId) return;
    if (status === 'recovered') {
      this.writes.push(deleteVote(targetId, observerId), updateNode(targetId, {}));
      return;
    }
    // A node takes back what it said before too, which may stand still.
    if (id <= target.joinedAfter) return;
    if (observer === undefined || !isListed) {
      const found = `found ${JSON.stringify(observerId)}, which says that ${JSON.stringify(targetId)} is dead`;
      if (status === 'dead')
        this.#tell('node_health_events', targetId, `expected an observer that is listed, ${found}`);
      return;
    }
    this.writes.push(
      putVote({
        targetId,
        observerId,
        targetEpoch: target.epoch,
        observerEpoch: observer.epoch,
        status,
        evidence: null,
        saidAt: Math.min(at, this.#facts.now),
        affirmedAt: Math.min(at, this.#facts.now),
      }),
      updateNode(targetId, {}),
    );
  }

  #put(before: NodeRow, changes: Partial<NodeRow>, taken: Changes<'nodes'> = {}): void {
    this.#changed.add(before.nodeId);
    this.#nodes.set(before.nodeId, { ...before, ...changes });
    this.writes.push(writeNode(before, { ...changes, ...taken }));
  }

  /** A heartbeat and nothing else, as those of ours: the row's revision stays. */
  #touch(id: string, changes: Changes<'nodes'>): void {
    this.writes.push({ kind: 'update', table: 'nodes', key: [id], changes });
  }

  #tellOfTime({ id, lastSeen }: ListedRow): void {
    const text = JSON.stringify(lastSeen.slice(0, 60));
    this.#tell(
      'dns_nodes',
      id,
      `expected last_seen as YYYY-MM-DD HH:MM:SS in UTC, found ${text}, so it counts as not seen`,
    );
  }

  #tell(table: string, key: string, message: string): void {
    this.problems.push({ table, key, message });
  }
}

/** Statuses with which a node of the original is on the ring. */
const ringStatuses: ReadonlySet<string> = new Set(['active', 'maintenance']);

function differs(row: NodeRow, changes: Partial<NodeRow>): boolean {
  return Object.entries(changes).some(([name, value]) => row[name as keyof NodeRow] !== value);
}
