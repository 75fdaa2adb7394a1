/**
 * The other half of the border to the original. Its rows become rows of ours, so that every rule sees one kind of node and
 * one log. A decision imports what it is about first; the rest is imported about once a heartbeat (registry.ts).
 *
 * Its tables have nothing but times of machines whose clocks may be wrong. Therefore a `last_seen` that has changed is a
 * heartbeat, whatever it says, and no time of theirs stands in a guard. Not for: writing to its tables (mirror.ts).
 */
import type { ClusterRow, ForeignEventRow, ListedRow, NodeRow } from '../../ports/rows.ts';
import type { Query, Write } from '../../ports/store.ts';
import { clusterRow } from '../cluster-row.ts';
import { isOurs, nodesById, unchanged } from '../node-row.ts';
import {
  answerForNow,
  ask,
  atLeast,
  change,
  count,
  type Made,
  type Rule,
  type Step,
  select,
} from '../rule.ts';
import { accusationsOf } from '../statements.ts';
import { filled, Given } from '../template.ts';
import { openVerdictsOn } from '../verdict-row.ts';
import { ImportDraft } from './import-draft.ts';
import { newestSharedEvent } from './shared-rows.ts';

/** Default of `membershipWindowMs`. */
const defaultWindowMs = 900_000;

/**
 * An import that comes longer after the one before, or earlier than it by more, looks at nodes of the original as if for the
 * first time: the registry's clock may have been set, so none goes away by the window in it. Each window begins again,
 * so further steps end none either. A step that is smaller passes for time, and shortens a window by no more than itself.
 */
const longestGapMs = 120_000;

/** A line that asks for none, where it is not known yet from which one on there is something to import. */
const behindAllLines = Number.MAX_SAFE_INTEGER;

/** Lines of the shared log that one import takes in at most; the next one goes on. */
const lineLimit = 500;

const listedById = select('listed', [['id', 'in']]);
/** Rows of nodes that have no row of ours yet. */
const newNodes = select('listed', [['nodeId', 'null']]);
const originals = select('listed', [
  ['nodeId', 'not-null'],
  ['instanceId', 'null'],
]);
const keptByOthers = select('listed', [
  ['instanceId', 'not-null'],
  ['keepsShared', '='],
]);
/** Rows that nodes of ours keep, with a status that another program has written. */
const takenOffRing = select('listed', [
  ['keepsShared', '='],
  ['status', '<>'],
  ['status', '<>'],
  ['status', '<>'],
]);
/** Nodes of ours that such a word has taken off the ring: the word holds only while it stands. */
const awayKeepers = select('nodes', [
  ['lifecycle', '='],
  ['keepsShared', '='],
]);
/** Nodes that had a row of `dns_nodes` which they do not keep themselves, when it was looked at last. */
const theirs = select('nodes', [
  ['instanceId', 'null'],
  ['status', '<>'],
]);
const others = select('nodes', [
  ['instanceId', 'not-null'],
  ['keepsShared', '='],
  ['status', '<>'],
]);
const isForeignAfter = [
  ['id', '>'],
  ['observerInstanceId', 'null'],
] as const;
const foreignLines = select('foreignEvents', isForeignAfter, { orderBy: [['id', 'asc']], isLimited: true });
/** Counts lines that cannot be read too, which a store leaves out of its rows. */
const foreignLineCount = count('foreignEvents', isForeignAfter, true);
const isStillImported = count('cluster', [
  ['importedId', '='],
  ['importedAt', '='],
]);

const [first, second] = [new Given(0), new Given(1)];

/** What an import of everything asks first: lines of the shared log after one, rows of ours to be looked at, and rows of others. */
export const importQueries = [
  clusterRow(1),
  foreignLines(first, new Given(1, lineLimit)),
  foreignLineCount(first, new Given(1, lineLimit)),
  newestSharedEvent(1),
  awayKeepers('away', true),
  theirs(''),
  others(false, ''),
  newNodes(),
  originals(),
  keptByOthers(false),
  takenOffRing(true, 'active', 'inactive', 'maintenance'),
] as const;

/** What it asks then, where those name nodes whose rows it has not: rows of ours, and rows of `dns_nodes`. */
export const importedNodeQueries = [nodesById(first), listedById(second)] as const;

/** What is imported: everything, or what a question about one node needs. */
export type Scope = { readonly nodeId: string } | 'all';

export interface ImportRequest {
  readonly scope: Scope;
  readonly membershipWindowMs?: number | undefined;
  /** Of `all`: nothing when it was done within this time. */
  readonly everyMs?: number | undefined;
  /** `ClusterRow.importedId` as it was read last: where it still is, and nothing has to be imported, one request tells so. */
  readonly importedId?: number | undefined;
}

/** What was imported. */
export interface Imported {
  /** Every line of the shared log up to this one is a line of ours. */
  readonly upTo: number;
  /** `ClusterRow.importedId` afterwards. */
  readonly importedId: number;
}

/** Imports what has changed in the tables of the original. */
export function importOriginal(request: ImportRequest, now: number): Rule<Imported> {
  return importAfter(request, request.importedId ?? behindAllLines, lineLimit, now);
}

/** Reads so many lines after one, with the line up to which all is imported; again where that is another one. */
function importAfter(request: ImportRequest, lineId: number, limit: number, now: number): Rule<Imported> {
  const { scope, everyMs = 0 } = request;
  return ask(
    scope === 'all' ? filled(importQueries, [lineId, limit]) : about(scope, lineId, limit),
    (answers) => {
      const [[cluster], lines, lineCount, [newest], ...rows] = answers as unknown as Answers;
      if (cluster === undefined) return answerForNow({ upTo: 0, importedId: 0 });
      const { importedAt, importedId } = cluster;
      const isDone = everyMs > 0 && importedAt <= now && importedAt > now - everyMs;
      if (scope === 'all' && isDone) return answerForNow({ upTo: importedId, importedId });
      if (importedId !== lineId) return importAfter(request, importedId, limit, now);
      const hasMore = lineCount >= limit;
      // None of them can be read: the import moves past them.
      if (hasMore && lines.length === 0) return importAfter(request, lineId, 2 * limit, now);
      const lastId = lines.at(-1)?.id ?? lineId;
      // The newest one may be one that cannot be read.
      const newestId = Math.max(lastId, newest?.id ?? 0);
      const upTo = hasMore ? lastId : newestId;
      const nodeCount = scope === 'all' ? 3 : 1;
      const nodes = rows.slice(0, nodeCount).flat() as NodeRow[];
      const listed = rows.slice(nodeCount).flat() as ListedRow[];
      return withNodes(request, cluster, { lines, nodes, listed, upTo, newestId }, now);
    },
  );
}

type Answers = [
  readonly ClusterRow[],
  readonly ForeignEventRow[],
  number,
  readonly { readonly id: number }[],
  ...(readonly (NodeRow | ListedRow)[])[],
];

/** What a question about one node asks first. */
function about({ nodeId }: { readonly nodeId: string }, lineId: number, limit: number): readonly Query[] {
  return [
    clusterRow(1),
    foreignLines(lineId, limit),
    foreignLineCount(lineId, limit),
    newestSharedEvent(1),
    nodesById([nodeId]),
    listedById([nodeId]),
  ];
}

interface Found {
  readonly lines: readonly ForeignEventRow[];
  readonly nodes: readonly NodeRow[];
  readonly listed: readonly ListedRow[];
  /** Up to which line of the shared log. */
  readonly upTo: number;
  /** The newest line of it. */
  readonly newestId: number;
}

/** Reads the rows of ours that what was found is about, and the rows of `dns_nodes` of nodes that it names. */
function withNodes(request: ImportRequest, cluster: ClusterRow, found: Found, now: number): Made<Imported> {
  const { lines, nodes, listed } = found;
  const asked = request.scope === 'all' ? [] : [request.scope.nodeId];
  const named = [
    ...lines.flatMap(({ observerId, targetId }) => [observerId, targetId]),
    ...nodes
      .filter(({ lifecycle, keepsShared }) => lifecycle === 'away' && keepsShared)
      .map(({ nodeId }) => nodeId),
  ];
  const listedIds = listed.map(({ id }) => id);
  const missing = without([...listedIds, ...named], [...asked, ...nodes.map(({ nodeId }) => nodeId)]);
  const unlisted = without(named, [...asked, ...listedIds]);
  if (missing.length === 0 && unlisted.length === 0) return importFound(request, cluster, found, now);
  return ask(filled(importedNodeQueries, [missing, unlisted]), ([nodesMissing, listedMissing]) => {
    const all = { nodes: [...nodes, ...nodesMissing], listed: [...listed, ...listedMissing] };
    return importFound(request, cluster, { ...found, ...all }, now);
  });
}

/** The texts that are not among others, each once. */
function without(texts: readonly string[], others: readonly string[]): string[] {
  const left = new Set(texts);
  for (const text of others) left.delete(text);
  return [...left];
}

/** What is written of what was found, with the rows of ours that it is about. */
function importFound(request: ImportRequest, cluster: ClusterRow, found: Found, now: number): Made<Imported> {
  const rows = found.nodes;
  const listed = new Map(found.listed.map((row) => [row.id, row]));
  const hasBeaten = ({ nodeId, seen }: NodeRow): boolean => {
    const row = listed.get(nodeId);
    return row !== undefined && row.lastSeen !== seen;
  };
  const deadIds = rows
    .filter((row) => row.lifecycle === 'dead' && !isOurs(row) && hasBeaten(row))
    .map(({ nodeId }) => nodeId);
  const known = { ...found, byId: listed };
  if (deadIds.length === 0) return writeFound(request, cluster, known, new Set(), now);
  return ask([accusationsOf(deadIds), openVerdictsOn(deadIds)], ([accusations, open]) => {
    // An observer that has not died probes whom it accuses, and its answer brings the node back.
    const awaited = new Set([
      ...accusations.filter((vote) => vote.observerLifecycle !== 'dead').map(({ targetId }) => targetId),
      ...open.map(({ nodeId }) => nodeId),
    ]);
    const forsaken = new Set(deadIds.filter((id) => !awaited.has(id)));
    return writeFound(request, cluster, known, forsaken, now);
  });
}

function writeFound(
  { scope, membershipWindowMs = defaultWindowMs, everyMs = 0 }: ImportRequest,
  { importedId, importedAt, epochFloor }: ClusterRow,
  {
    lines,
    nodes: rows,
    byId: listed,
    upTo,
    newestId,
  }: Found & { readonly byId: ReadonlyMap<string, ListedRow> },
  forsaken: ReadonlySet<string>,
  now: number,
): Step<Imported> {
  const nodes = new Map(rows.map((row) => [row.nodeId, row]));
  const draft = new ImportDraft({
    nodes,
    windowMs: membershipWindowMs,
    epochFloor,
    named: new Set(lines.flatMap(({ observerId, targetId }) => [observerId, targetId])),
    isFirstLook: Math.abs(now - importedAt) > Math.max(longestGapMs, 4 * everyMs),
    forsaken,
    newestId,
    now,
  });
  for (const id of new Set([...listed.keys(), ...nodes.keys()])) draft.takeNode(id, listed.get(id));
  for (const line of lines) draft.takeLine(line, listed.has(line.observerId));
  const isWhole = scope === 'all';
  if (draft.writes.length === 0 && !isWhole)
    return { ...answerForNow({ upTo, importedId }), problems: draft.problems };
  const noted = { importedId: upTo, ...(isWhole ? { importedAt: now } : {}) };
  const guards = [
    unchanged(...draft.changedIds().map((id) => [id, nodes.get(id)] as const)),
    atLeast(isStillImported(importedId, importedAt), 1),
  ];
  const writes: Write[] = [...draft.writes, { kind: 'update', table: 'cluster', key: [1], changes: noted }];
  return { ...change({ upTo, importedId: upTo }, writes, guards), problems: draft.problems };
}
