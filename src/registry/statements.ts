/** What observers say: votes, what takes them back, and notes for the log. */
import type { Entry, StatementEntry } from '../ports/registry.ts';
import type { AccusationRow, NodeRow, VerdictRow, VoteRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { appendEvent, bounded, knownOperations } from './events.ts';
import { aliveFromNow, isOurs, nextEpoch, nodesById, unchanged, updateNode } from './node-row.ts';
import { mirrorStatement } from './original/mirror.ts';
import { newestSharedEvent, noLineAfter } from './original/shared-rows.ts';
import { ask, change, type Rule, select } from './rule.ts';
import { closeVerdict, updateVerdict, verdictsOn } from './verdict-row.ts';
import { deleteVote, putVote } from './vote-row.ts';

/** What is said of these nodes, with what their observers' rows say now. */
export const accusationsOf = select('accusations', [['targetId', 'in']]);

const deadVotes = select('votes', [
  ['targetId', '='],
  ['status', '='],
]);

/** Writes entries in order; those that are known already are passed over. */
export function record(entries: readonly Entry[], now: number): Rule<void> {
  const targetIds = [...new Set(entries.filter(isStatement).map(({ targetId }) => targetId))];
  const observerIds = entries.map(({ observerId }) => observerId);
  return ask(
    [
      knownOperations(entries.map(({ operationId }) => operationId)),
      nodesById([...new Set([...targetIds, ...observerIds])]),
      accusationsOf(targetIds),
      verdictsOn(targetIds),
      newestSharedEvent(1),
    ],
    ([done, nodes, accusations, verdicts, [newest]]) => {
      const known = new Set(done.map(({ operationId }) => operationId));
      const fresh = entries.filter(({ operationId }) => !known.has(operationId) && known.add(operationId));
      const draft = new Draft(nodes, accusations, verdicts, newest?.id ?? 0, now);
      const byId = new Map(nodes.map((row) => [row.nodeId, row]));
      for (const entry of fresh) {
        if (isStatement(entry)) draft.add(entry);
        else draft.note(entry);
      }
      const operationIds = fresh.map(({ operationId }) => operationId);
      const guard = unchanged(...targetIds.map((id) => [id, byId.get(id)] as const));
      return change(undefined, draft.writes, [guard, ...draft.guards], operationIds);
    },
  );
}

function isStatement(entry: Entry): entry is StatementEntry {
  return entry.kind === 'suspect' || entry.kind === 'dead' || entry.kind === 'recovered';
}

/** The writes of a list of entries, each after the ones before it. */
class Draft {
  readonly writes: Write[] = [];
  readonly guards: Guard[] = [];
  readonly #nodes: Map<string, NodeRow>;
  readonly #votes: Map<string, VoteRow | null>;
  readonly #verdicts: Map<string, VerdictRow>;
  readonly #newestSharedId: number;
  readonly #now: number;

  constructor(
    nodes: readonly NodeRow[],
    votes: readonly AccusationRow[],
    verdicts: readonly VerdictRow[],
    newestSharedId: number,
    now: number,
  ) {
    this.#nodes = new Map(nodes.map((row) => [row.nodeId, row]));
    this.#votes = new Map(votes.map((row) => [pair(row.targetId, row.observerId), row]));
    this.#verdicts = new Map(verdicts.map((row) => [pair(row.nodeId, String(row.epoch)), row]));
    this.#newestSharedId = newestSharedId;
    this.#now = now;
  }

  /** A note: nothing is decided by it. */
  note({ kind, observerId, targetId, targetEpoch, detail }: Exclude<Entry, StatementEntry>): void {
    this.writes.push(appendEvent({ kind, at: this.#now, observerId, targetId, targetEpoch, detail }));
  }

  add(entry: StatementEntry): void {
    const { kind, observerId, targetId, targetEpoch, evidence } = entry;
    // Where a restored registry does not know the observer, a line of it would be taken for one of the original.
    const observer = this.#nodes.get(observerId);
    const isKnown = observer !== undefined && isOurs(observer);
    this.writes.push(
      appendEvent({ kind, at: this.#now, observerId, targetId, targetEpoch, detail: { ...evidence } }),
      ...(isKnown ? mirrorStatement(entry, this.#now) : []),
      updateNode(targetId, {}),
    );
    const said = this.#votes.get(pair(targetId, observerId)) ?? null;
    // What waited in the queue of an earlier epoch does not cover what the present one says.
    const isLate = said !== null && said.observerEpoch > entry.observerEpoch;
    if (kind !== 'recovered') {
      if (!isLate) this.#put(entry, kind, said);
      return;
    }
    if (said !== null && !isLate) {
      this.#votes.set(pair(targetId, observerId), null);
      this.writes.push(deleteVote(targetId, observerId));
    }
    this.#answerVerdict(entry);
  }

  #put(entry: StatementEntry, status: 'suspect' | 'dead', said: VoteRow | null): void {
    const { observerId, observerEpoch, targetId, targetEpoch, evidence } = entry;
    const isSame =
      said?.status === status && said.observerEpoch === observerEpoch && said.targetEpoch === targetEpoch;
    const vote: VoteRow = {
      targetId,
      observerId,
      targetEpoch,
      observerEpoch,
      status,
      evidence: evidence === null ? null : bounded({ ...evidence }),
      saidAt: isSame ? said.saidAt : this.#now,
      affirmedAt: this.#now,
    };
    this.#votes.set(pair(targetId, observerId), vote);
    this.writes.push(putVote(vote));
  }

  /** A target that answers takes back the verdict that the observer knew of; one that was made later stands. */
  #answerVerdict({ observerId, targetId, targetEpoch, knownDecision = 0 }: StatementEntry): void {
    const key = pair(targetId, String(targetEpoch));
    const verdict = this.#verdicts.get(key);
    // What its own agent has said of the epoch stands, whatever an observer has heard of it.
    if (verdict === undefined || verdict.reason !== null || verdict.decisionCount > knownDecision) return;
    const node = this.#nodes.get(targetId);
    if (verdict.resolution === null) {
      if (verdict.attemptCount === 0) {
        this.writes.push(...closeVerdict(verdict, 'returned', observerId, this.#now));
        this.#verdicts.set(key, { ...verdict, resolution: 'returned' });
        this.#bringBack(node, targetEpoch);
      } else {
        this.writes.push(updateVerdict(verdict, { hasReturned: true }));
      }
    }
    if (node !== undefined && !isOurs(node) && node.epoch === targetEpoch) this.#beginEpoch(node);
  }

  #bringBack(node: NodeRow | undefined, epoch: number): void {
    if (node?.epoch !== epoch || node.lifecycle !== 'dead') return;
    const changes = { lifecycle: 'alive', joinedAfter: this.#joinedAfter(node) };
    // Only what is said from now on can make the verdict again.
    this.writes.push(updateNode(node.nodeId, { ...changes, ...aliveFromNow }), {
      kind: 'delete',
      query: deadVotes(node.nodeId, 'dead'),
    });
    for (const [key, vote] of this.#votes)
      if (vote?.targetId === node.nodeId && vote.status === 'dead') this.#votes.set(key, null);
    this.#nodes.set(node.nodeId, { ...node, ...changes });
  }

  /** The place in the shared log up to which it says nothing of the node any more. */
  #joinedAfter({ nodeId }: NodeRow): number {
    this.guards.push(noLineAfter(nodeId, this.#newestSharedId));
    return this.#newestSharedId;
  }

  #beginEpoch(node: NodeRow): void {
    const changes = { ...nextEpoch(node, this.#joinedAfter(node)), lifecycle: 'alive' };
    this.writes.push(updateNode(node.nodeId, { ...changes, ...aliveFromNow }));
    this.#nodes.set(node.nodeId, { ...node, ...changes });
  }
}

function pair(one: string, other: string): string {
  return `${one}\n${other}`;
}
