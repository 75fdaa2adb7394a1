/** The columns of the registry's tables, their kinds and their keys. Not for: what a row means (src/registry). */
import type {
  ListedRow,
  Rows,
  SharedEventRow,
  SharedNodeRow,
  TableName,
  VerdictRow,
  VoteRow,
} from './rows.ts';

/** What a column holds; with `?` also null. */
export type ColumnKind =
  | 'text'
  | 'text?'
  | 'integer'
  | 'integer?'
  | 'boolean'
  | 'boolean?'
  | 'json'
  | 'json?';

type Columns<Row> = { readonly [Name in keyof Row]: ColumnKind };

const vote = {
  targetId: 'text',
  observerId: 'text',
  targetEpoch: 'integer',
  observerEpoch: 'integer',
  status: 'text',
  evidence: 'json?',
  saidAt: 'integer',
  affirmedAt: 'integer',
} as const satisfies Columns<VoteRow>;

const verdict = {
  nodeId: 'text',
  epoch: 'integer',
  decidedAt: 'integer',
  decisionCount: 'integer',
  quorum: 'integer',
  votes: 'json',
  resolution: 'text?',
  resolvedAt: 'integer',
  ownerId: 'text?',
  claimId: 'text?',
  fence: 'integer',
  heldUntil: 'integer',
  heldSince: 'integer',
  attemptCount: 'integer',
  abortedCount: 'integer',
  hasReturned: 'boolean',
  lastError: 'text?',
  reason: 'text?',
  isGivenUp: 'boolean',
  holdMs: 'integer',
  isOwnerOver: 'boolean',
} as const satisfies Columns<VerdictRow>;

/** The columns of `dns_nodes` that are read of every node. */
const listed = {
  id: 'text',
  ipAddress: 'text?',
  internalIp: 'text?',
  region: 'text?',
  status: 'text',
  lastSeen: 'text',
} as const satisfies Partial<Columns<ListedRow>>;

const sharedNode = {
  ...listed,
  createdAt: 'text?',
  updatedAt: 'text?',
} as const satisfies Columns<SharedNodeRow>;

const sharedEvent = {
  id: 'integer',
  observerId: 'text',
  targetId: 'text',
  status: 'text',
  createdAt: 'text',
} as const satisfies Columns<SharedEventRow>;

/** The columns of every table and join, in order. */
export const columnsOf: { readonly [Name in keyof Rows]: Columns<Rows[Name]> } = {
  nodes: {
    nodeId: 'text',
    epoch: 'integer',
    lifecycle: 'text',
    instanceId: 'text?',
    address: 'text',
    port: 'integer?',
    region: 'text?',
    isNamed: 'boolean',
    hasHandler: 'boolean',
    keepsShared: 'boolean',
    maintenanceUntil: 'integer',
    isMaintenanceTheirs: 'boolean',
    beatOrder: 'integer',
    lastBeatAt: 'integer',
    refutationCount: 'integer',
    decisionCount: 'integer',
    rev: 'integer',
    status: 'text',
    seen: 'text?',
    joinedAfter: 'integer',
    aliveSince: 'integer',
    deathOrder: 'integer',
    openRecoveries: 'integer',
    flapCount: 'integer',
    obituary: 'text?',
    settings: 'text?',
  },
  votes: vote,
  verdicts: verdict,
  events: {
    id: 'integer',
    kind: 'text',
    at: 'integer',
    observerId: 'text',
    targetId: 'text?',
    targetEpoch: 'integer?',
    detail: 'json',
    fence: 'integer?',
  },
  operations: { operationId: 'text', at: 'integer' },
  cluster: {
    id: 'integer',
    fence: 'integer',
    epochFloor: 'integer',
    prunedAt: 'integer',
    importedAt: 'integer',
    importedId: 'integer',
    releasedUntil: 'integer',
    releasedCount: 'integer',
    name: 'text?',
  },
  sharedNodes: sharedNode,
  sharedEvents: sharedEvent,
  accusations: {
    ...vote,
    currentEpoch: 'integer?',
    observerLifecycle: 'text?',
    observerBeatAt: 'integer?',
    observerBeatOrder: 'integer?',
  },
  recoveries: { ...verdict, nodeEpoch: 'integer?', nodeLifecycle: 'text?' },
  listed: { ...listed, nodeId: 'text?', instanceId: 'text?', keepsShared: 'boolean?' },
  foreignEvents: { ...sharedEvent, observerInstanceId: 'text?' },
};

/** The columns that name one row of a table. `events` and `sharedEvents` number their rows themselves. */
export const keyOf = {
  nodes: ['nodeId'],
  votes: ['targetId', 'observerId'],
  verdicts: ['nodeId', 'epoch'],
  events: ['id'],
  operations: ['operationId'],
  cluster: ['id'],
  sharedNodes: ['id'],
  sharedEvents: ['id'],
} as const satisfies Readonly<Record<TableName, readonly string[]>>;
