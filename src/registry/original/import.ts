/**
 * The other half of the border to the original: its rows become rows of ours, so that every rule sees one kind of node and
 * one log. A decision imports what it is about first; the rest is imported about once a heartbeat (registry.ts).
 *
 * Its tables have nothing but times of machines whose clocks may be wrong. Therefore a `last_seen` that has changed is a
 * heartbeat, whatever it says, and no time of theirs stands in a guard. Not for: writing to its tables (mirror.ts).
 */
import type { ClusterRow, ForeignEventRow, ListedRow, NodeRow } from '../../ports/rows.ts';
import { Taken, type Write } from '../../ports/store.ts';
import { appendEvent } from '../events.ts';
import { clusterRow } from '../membership.ts';
import { isOurs, newNode, nodesById, unchanged, updateNode, writeNode } from '../node-row.ts';
import { answer, ask, change, count, counted, type Made, type Problem, type Rule, select } from '../rule.ts';
import { deleteVote, putVote } from '../statements.ts';
import { newestSharedEvent } from './shared-rows.ts';
import { parseTimestamp } from './time.ts';

/** Default of `membershipWindowMs`. */
const defaultWindowMs = 900_000;

/** An installation's own maintenance ends this long after the node's last heartbeat. */
const maintenanceMs = 900_000;

/** Lines of the shared log, and new nodes, that one import takes in at most; the next one goes on. */
const lineLimit = 500;
const nodeLimit = 500;

const listedById = select('listed', [['id', 'in']]);
const strangers = select('listed', [['nodeId', 'null']]);
const originals = select('listed', [
  ['nodeId', 'not-null'],
  ['instanceId', 'null'],
]);
const keptByOthers = select('listed', [
  ['instanceId', 'not-null'],
  ['keepsShared', '='],
]);
/** Rows that nodes of ours keep, with a word that is not ours. */
const spokenOf = select('listed', [
  ['keepsShared', '='],
  ['status', '<>'],
  ['status', '<>'],
  ['status', '<>'],
]);
/** Nodes of which a row of `dns_nodes` speaks, as far as they are on the ring. */
const followed = [
  select('nodes', [
    ['instanceId', 'null'],
    ['lifecycle', '='],
  ]),
  select('nodes', [
    ['instanceId', 'not-null'],
    ['keepsShared', '='],
    ['lifecycle', '='],
  ]),
] as const;
const foreignLines = select(
  'foreignEvents',
  [
    ['id', '>'],
    ['observerInstanceId', 'null'],
  ],
  { orderBy: [['id', 'asc']], isLimited: true },
);
const isStillImported = count('cluster', [
  ['importedId', '='],
  ['importedAt', '='],
]);

/** What is imported: everything, or what a question about one node needs. */
export type Scope = { readonly nodeId: string } | 'all';

export interface ImportRequest {
  readonly scope: Scope;
  readonly membershipWindowMs?: number | undefined;
  /** Of `all`: nothing when it was done within this time. */
  readonly everyMs?: number | undefined;
}

/** What was imported. */
export interface Imported {
  /** Every line of the shared log up to this one is a line of ours. */
  readonly upTo: number;
}

/** Imports what has changed in the tables of the original. */
export function importOriginal(request: ImportRequest, now: number): Rule<Imported> {
  const { scope, everyMs = 0 } = request;
  return ask([clusterRow(1)], ([[cluster]]) => {
    if (cluster === undefined) return answer({ upTo: 0 });
    const { importedAt, importedId } = cluster;
    const isDone = everyMs > 0 && importedAt <= now && importedAt > now - everyMs;
    if (scope === 'all' && isDone) return answer({ upTo: importedId });
    return ask(
      [
        foreignLines(importedId, lineLimit),
        newestSharedEvent(1),
        ...(scope === 'all'
          ? ([
              strangers(),
              originals(),
              keptByOthers(false),
              spokenOf(true, 'active', 'inactive', 'maintenance'),
            ] as const)
          : ([listedById([scope.nodeId])] as const)),
      ],
      (answers) => {
        const [lines, [newest], ...rows] = answers as unknown as [
          readonly ForeignEventRow[],
          readonly { readonly id: number }[],
          ...(readonly ListedRow[])[],
        ];
        const upTo =
          lines.length < lineLimit ? Math.max(importedId, newest?.id ?? 0) : (lines.at(-1)?.id ?? importedId);
        return withNodes(request, cluster, { lines, listed: rows.flat(), upTo }, now);
      },
    );
  });
}

interface Found {
  readonly lines: readonly ForeignEventRow[];
  readonly listed: readonly ListedRow[];
  /** Up to which line of the shared log. */
  readonly upTo: number;
}

/** Reads the rows of ours that what was found is about, and the rows of `dns_nodes` of observers. */
function withNodes(request: ImportRequest, cluster: ClusterRow, found: Found, now: number): Made<Imported> {
  const { scope } = request;
  const named = found.lines.flatMap(({ observerId, targetId }) => [observerId, targetId]);
  const ids = [...new Set([...found.listed.map(({ id }) => id), ...named])];
  const asked = scope === 'all' ? ids : [...new Set([scope.nodeId, ...ids])];
  const [theirs, others] = followed;
  return ask(
    [
      nodesById(asked),
      listedById(named),
      ...(scope === 'all' ? ([theirs('alive'), others(false, 'alive')] as const) : []),
    ],
    (answers) => {
      const [rows, listedNow, ...more] = answers as unknown as [
        readonly NodeRow[],
        readonly ListedRow[],
        ...(readonly NodeRow[])[],
      ];
      const listed = new Map([...found.listed, ...listedNow].map((row) => [row.id, row]));
      const nodes = new Map([...rows, ...more.flat()].map((row) => [row.nodeId, row]));
      const draft = new Import(nodes, request.membershipWindowMs ?? defaultWindowMs, now);
      for (const id of new Set([...listed.keys(), ...nodes.keys()])) draft.takeNode(id, listed.get(id));
      for (const line of found.lines) draft.takeLine(line, listed.has(line.observerId));
      const isTurn = scope === 'all';
      const imported = { upTo: found.upTo };
      if (draft.writes.length === 0 && !isTurn) return { ...answer(imported), problems: draft.problems };
      const noted = { importedId: found.upTo, ...(isTurn ? { importedAt: now } : {}) };
      const guards = [
        ...draft.changedIds().map((id) => unchanged(id, nodes.get(id))),
        counted(isStillImported(cluster.importedId, cluster.importedAt), { atLeast: 1 }),
      ];
      const writes: Write[] = [
        ...draft.writes,
        { kind: 'update', table: 'cluster', key: [1], changes: noted },
      ];
      return { ...change(imported, writes, guards), problems: draft.problems };
    },
  );
}

/** The writes of one import. */
class Import {
  readonly writes: Write[] = [];
  readonly problems: Problem[] = [];
  readonly #nodes: Map<string, NodeRow>;
  readonly #changed = new Set<string>();
  readonly #windowMs: number;
  readonly #now: number;

  constructor(nodes: ReadonlyMap<string, NodeRow>, windowMs: number, now: number) {
    this.#nodes = new Map(nodes);
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Nodes whose rows are written by what was read of them. */
  changedIds(): string[] {
    return [...this.#changed];
  }

  /** What `dns_nodes` says of a node that does not keep its row itself. */
  takeNode(id: string, row: ListedRow | undefined): void {
    const before = this.#nodes.get(id);
    if (before === undefined && row === undefined) return;
    if (before !== undefined && before.keepsShared) this.#takeStatus(before, row);
    else if (before !== undefined && isOurs(before)) this.#takeKept(before, row);
    else this.#takeOriginal(before, id, row);
  }

  /** A node of ours that keeps its row: only a word that is not ours takes it off the ring, until its next heartbeat. */
  #takeStatus(before: NodeRow, row: ListedRow | undefined): void {
    if (row === undefined || ownStatuses.has(row.status) || before.lifecycle !== 'alive') return;
    this.#put(before, { lifecycle: 'away', status: row.status });
  }

  /** A node of ours whose row another program keeps: its address and its status. */
  #takeKept(before: NodeRow, row: ListedRow | undefined): void {
    const isOn = row !== undefined && ownStatuses.has(row.status);
    const { lifecycle } = before;
    const isMoved = (lifecycle === 'alive' && !isOn) || (lifecycle === 'away' && isOn);
    const changes = {
      status: row?.status ?? '',
      region: row?.region ?? before.region,
      ...(row === undefined ? {} : { address: addressOf(row) }),
      ...(isMoved ? { lifecycle: isOn ? 'alive' : 'away' } : {}),
      ...this.#maintenanceOf(before, row, before.lastBeatAt),
    };
    if (differs(before, changes)) this.#put(before, changes);
  }

  /** A node of the original: on the ring by its status and while its `last_seen` goes on changing. */
  #takeOriginal(known: NodeRow | undefined, id: string, row: ListedRow | undefined): void {
    const before = known ?? newNode(id);
    const seenAt = row === undefined ? null : parseTimestamp(row.lastSeen);
    if (row !== undefined && seenAt === null) this.#tellOfTime(row);
    const isNew = before.seen === null;
    const hasBeaten = row !== undefined && seenAt !== null && row.lastSeen !== before.seen;
    // Of a row that is seen for the first time only its own time can tell how old it is.
    const beatAt = hasBeaten ? (isNew ? Math.min(seenAt, this.#now) : this.#now) : before.lastBeatAt;
    const isRecent =
      beatAt > 0 &&
      this.#now - beatAt <= this.#windowMs + (row?.status === 'maintenance' ? maintenanceMs : 0);
    const isOn = row !== undefined && seenAt !== null && isRecent && ringStatuses.has(row.status);
    if (known === undefined && seenAt === null) return;
    if (known === undefined && this.#changed.size >= nodeLimit) return;
    const isActiveAgain = row?.status === 'active' && (hasBeaten || before.status !== 'active');
    const isBack = before.lifecycle === 'left' ? isActiveAgain : before.lifecycle !== 'dead';
    const changes = {
      ...(row === undefined ? {} : { address: addressOf(row), region: row.region, status: row.status }),
      ...(hasBeaten ? { seen: row.lastSeen, lastBeatAt: beatAt } : {}),
      ...(isBack ? { lifecycle: isOn ? 'alive' : 'away' } : {}),
      ...this.#maintenanceOf(before, row, beatAt),
    };
    if (known === undefined || differs(before, changes)) this.#put(before, changes, hasBeaten);
  }

  /** The installation's own maintenance lasts for so long after the last heartbeat; it does not shorten ours. */
  #maintenanceOf(before: NodeRow, row: ListedRow | undefined, beatAt: number): Partial<NodeRow> {
    const isOn = row?.status === 'maintenance';
    const hasBegun = isOn && before.status !== 'maintenance';
    if (hasBegun || (isOn && before.isMaintenanceTheirs)) {
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
    const targetEpoch = target?.epoch ?? null;
    this.writes.push(appendEvent({ kind: status, at, observerId, targetId, targetEpoch }));
    if (target === undefined || observerId === targetId || id <= target.joinedAfter) return;
    if (status === 'recovered') {
      this.writes.push(deleteVote(targetId, observerId), updateNode(targetId, {}));
      return;
    }
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
        saidAt: Math.min(at, this.#now),
        affirmedAt: Math.min(at, this.#now),
        returnCount: target.returnCount,
      }),
      updateNode(targetId, {}),
    );
  }

  #put(before: NodeRow, changes: Partial<NodeRow>, hasBeaten = false): void {
    this.#changed.add(before.nodeId);
    this.#nodes.set(before.nodeId, { ...before, ...changes });
    this.writes.push(
      writeNode(before, { ...changes, ...(hasBeaten ? { beatOrder: new Taken('beat') } : {}) }),
    );
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

/** Statuses of `dns_nodes` that do not take a node of ours off the ring. */
const ownStatuses: ReadonlySet<string> = new Set(['active', 'inactive', 'maintenance']);

/** Statuses with which a node of the original is on the ring. */
const ringStatuses: ReadonlySet<string> = new Set(['active', 'maintenance']);

function addressOf({ internalIp, ipAddress }: ListedRow): string {
  return internalIp || ipAddress || '';
}

function differs(row: NodeRow, changes: Partial<NodeRow>): boolean {
  return Object.entries(changes).some(([name, value]) => row[name as keyof NodeRow] !== value);
}
