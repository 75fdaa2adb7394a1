/** What an observer reads in a round: rows that depend on the request and not on the cluster's size. Nothing is decided by it. */
import { accuserLimit, type OwnStatement, openVerdictLimit, type RoundReading } from '../core/reading.ts';
import { compareIds } from '../core/ring.ts';
import type { RoundRequest } from '../ports/registry.ts';
import type { ClusterRow, NodeRow, RecoveryRow, VoteRow } from '../ports/rows.ts';
import { clusterRow } from './cluster-row.ts';
import { newestEvent } from './generation.ts';
import { isValid, nodeById, nodesById, recordOf } from './node-row.ts';
import { answerForNow, ask, type Rule, select } from './rule.ts';
import { filled, Given } from './template.ts';
import { isHeld, verdictOf } from './verdict-row.ts';

/** Nodes that are on the ring and not in maintenance; the values are `alive` and the registry's now. */
export const onRing = [
  ['lifecycle', '='],
  ['maintenanceUntil', '<='],
] as const;
/** Those after an id, nearest first. */
export const ahead = select('nodes', [...onRing, ['nodeId', '>']], {
  orderBy: [['nodeId', 'asc']],
  isLimited: true,
});
/** Those from the ring's first id on, up to an id. */
export const aroundStart = select('nodes', [...onRing, ['nodeId', '<']], {
  orderBy: [['nodeId', 'asc']],
  isLimited: true,
});
const onRingBeating = [...onRing, ['beatOrder', '>=']] as const;
const beatingAhead = select('nodes', [...onRingBeating, ['nodeId', '>']], {
  orderBy: [['nodeId', 'asc']],
  isLimited: true,
});
const beatingAroundStart = select('nodes', [...onRingBeating, ['nodeId', '<']], {
  orderBy: [['nodeId', 'asc']],
  isLimited: true,
});
const accusations = select(
  'accusations',
  [
    ['targetId', '='],
    ['targetEpoch', '='],
  ],
  // The newest first: what observers of earlier epochs said is no more affirmed.
  { orderBy: [['affirmedAt', 'desc']], isLimited: true },
);
const ownStatements = select('votes', [['observerId', '=']], { isLimited: true });
/** Those that may be claimed come first: however many are held, they are seen. */
const openRecoveries = select('recoveries', [['resolution', 'null']], {
  orderBy: [
    ['heldUntil', 'asc'],
    ['decidedAt', 'asc'],
    ['nodeId', 'asc'],
  ],
  isLimited: true,
});

/** How many nodes that beat are read: one that does not answer this observer is passed over for the next. */
const beatingLimit = 3;

/** Most statements of one observer that are read; it has at most one a target that it watches or has watched. */
const statementLimit = 20_000;

/** The look-ahead of an observer that watches three neighbours, the setting's default, and misses none of them. */
const ordinaryLookAhead = 4;

/** What each round gives. What is empty in most rounds comes last: a store may leave it out. */
const given = {
  nodeId: new Given(0),
  epoch: new Given(1),
  now: new Given(2),
  lookAhead: new Given(3, ordinaryLookAhead),
  watched: new Given(4),
};

/** What is asked in a round. */
export const roundQueries = [
  nodeById(given.nodeId),
  nodesById(given.watched),
  ahead('alive', given.now, given.nodeId, given.lookAhead),
  aroundStart('alive', given.now, given.nodeId, given.lookAhead),
  accusations(given.nodeId, given.epoch, 2 * accuserLimit),
  ownStatements(given.nodeId, statementLimit),
  openRecoveries(openVerdictLimit),
  clusterRow(1),
  newestEvent,
] as const;

/** A reading, and the row of the cluster beside it. */
export interface Round {
  readonly reading: RoundReading;
  readonly cluster: ClusterRow | undefined;
}

/** Reads a round as one request; as two when nodes that beat are asked for. */
export function readRound(request: RoundRequest, now: number): Rule<Round> {
  const { nodeId, epoch, lookAhead, watched, beatingSince = null } = request;
  return ask(
    filled(roundQueries, [nodeId, epoch, now, lookAhead, watched]),
    ([[self], named, next, first, accused, said, open, [cluster], [newest]]) => {
      const successors = next.length >= lookAhead ? next : [...next, ...first].slice(0, lookAhead);
      const isAhead = ({ nodeId: id }: NodeRow): boolean => successors.some((row) => row.nodeId === id);
      const others = named.filter((row) => !isAhead(row));
      const reading: RoundReading = {
        progress: {
          fence: cluster?.fence ?? 0,
          newestEvent: newest?.id ?? 0,
          epochFloor: cluster?.epochFloor ?? 0,
        },
        self: self === undefined ? null : recordOf(self, now),
        ownBeat: self?.epoch === epoch ? { order: self.beatOrder, at: self.lastBeatAt } : null,
        isSelfDead: self?.epoch === epoch && self.lifecycle === 'dead',
        accuserIds: self === undefined ? [] : accuserIds(accused, self, epoch),
        successors: successors.map((row) => recordOf(row, now)),
        beating: [],
        watched: others
          .sort((one, other) => compareIds(one.nodeId, other.nodeId))
          .map((row) => recordOf(row, now)),
        statements: said.map(statementOf).sort((one, other) => compareIds(one.targetId, other.targetId)),
        openVerdicts: open.map((row) => ({
          verdict: verdictOf(row),
          isClaimable: !isHeld(row, now) || isOver(row),
        })),
      };
      if (beatingSince === null) return answerForNow({ reading, cluster });
      const values = ['alive', now, beatingSince, nodeId, beatingLimit];
      return ask([beatingAhead(...values), beatingAroundStart(...values)], (rows) => {
        const beating = rows.flat().slice(0, beatingLimit);
        return answerForNow({
          reading: { ...reading, beating: beating.map((row) => recordOf(row, now)) },
          cluster,
        });
      });
    },
  );
}

function accuserIds(rows: readonly Parameters<typeof isValid>[0][], self: NodeRow, epoch: number): string[] {
  if (self.epoch !== epoch) return [];
  const ids = rows.filter((row) => isValid(row, self)).map(({ observerId }) => observerId);
  return ids.sort(compareIds).slice(0, accuserLimit);
}

function statementOf({ targetId, targetEpoch, status, observerEpoch, affirmedAt }: VoteRow): OwnStatement {
  return { targetId, targetEpoch, status: status === 'dead' ? 'dead' : 'suspect', observerEpoch, affirmedAt };
}

/** One that is over and under no lease is claimed too, which closes it. */
function isOver({ claimId, nodeLifecycle, nodeEpoch, epoch }: RecoveryRow): boolean {
  return claimId === null && (nodeLifecycle === 'left' || (nodeEpoch ?? 0) > epoch);
}
