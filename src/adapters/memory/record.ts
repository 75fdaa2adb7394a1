/** What observers say, and what follows from it at once. */
import type { Entry, EpochRef, StatementEntry } from '../../ports/registry.ts';
import { emptyRow, livingRow } from './membership.ts';
import { closeVerdict } from './recovery.ts';
import { epochOf, hasInstance } from './rules.ts';
import { wholeSecond } from './shared-time.ts';
import type { StatementRow, Tables } from './tables.ts';

export function record(tables: Tables, entries: readonly Entry[], now: number): void {
  for (const entry of entries) {
    if (tables.operations.has(entry.operationId)) continue;
    const { operationId, observerId, targetEpoch } = entry;
    const written = { operationId, kind: entry.kind, at: now, observerId, targetEpoch };
    if (!isStatement(entry)) {
      tables.appendEvent({ ...written, targetId: entry.targetId, detail: entry.detail });
      continue;
    }
    const { targetId, kind } = entry;
    const at = wholeSecond(now);
    const sharedId = tables.appendShared({ observerId, targetId, status: kind, at, isOurs: true });
    tables.appendEvent({ ...written, targetId, detail: { ...entry.evidence } });
    if (kind === 'recovered') takeBack(tables, entry, sharedId, now);
    else put(tables, entry, kind, sharedId, now);
  }
}

function isStatement(entry: Entry): entry is StatementEntry {
  return entry.kind === 'suspect' || entry.kind === 'dead' || entry.kind === 'recovered';
}

function put(
  tables: Tables,
  entry: StatementEntry,
  status: 'suspect' | 'dead',
  sharedId: number,
  now: number,
): void {
  const { observerId, observerEpoch, targetId, targetEpoch, evidence } = entry;
  const before = tables.members.get(targetId)?.accusations.get(observerId);
  // What waited in an earlier life's queue must not cover what the present life says.
  if (before !== undefined && before.observerEpoch > observerEpoch) return;
  const isRepeated = before !== undefined && isSame(before, entry);
  tables.putStatement({
    observerId,
    observerEpoch,
    targetId,
    targetEpoch,
    status,
    evidence,
    saidAt: isRepeated ? before.saidAt : now,
    affirmedAt: now,
    sharedId,
  });
}

function isSame(row: StatementRow, entry: StatementEntry): boolean {
  return (
    row.status === entry.kind &&
    row.observerEpoch === entry.observerEpoch &&
    row.targetEpoch === entry.targetEpoch
  );
}

function takeBack(tables: Tables, entry: StatementEntry, sharedId: number, now: number): void {
  const target = tables.member(entry.targetId);
  const said = target.accusations.get(entry.observerId);
  if (said !== undefined && said.observerEpoch <= entry.observerEpoch) tables.removeStatement(said);

  const row = target.verdicts.get(entry.targetEpoch);
  // What was said before the verdict was known, and waited in a queue since, does not answer it.
  if (row === undefined || row.decisionCount > (entry.knownDecision ?? 0)) return;
  if (row.verdict.resolution === null) {
    row.hasReturned = true;
    if (row.verdict.attemptCount === 0) {
      row.returnedAfterId = sharedId;
      closeVerdict(tables, row, 'returned', entry.observerId, now);
    }
  }
  if (!hasInstance(target) && epochOf(target) === entry.targetEpoch) {
    target.own = {
      ...(target.own ?? emptyRow),
      epoch: entry.targetEpoch + 1,
      hasLeft: false,
      refutationCount: 0,
      startedAfterId: sharedId,
    };
  }
}

export function refute(tables: Tables, { nodeId, epoch }: EpochRef): void {
  const own = livingRow(tables.members.get(nodeId), epoch);
  if (own !== null) own.refutationCount++;
}
