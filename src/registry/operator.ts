/** What an operator says of recoveries: that one is not needed, or is to be tried now. Each is a rule. */
import type { DismissRequest, RetryRequest } from '../ports/registry.ts';
import { Plus, type Write } from '../ports/store.ts';
import { appendEvent, knownOperations } from './events.ts';
import { nodeById, unchanged, updateNode } from './node-row.ts';
import { answer, answerForNow, ask, change, type Rule } from './rule.ts';
import {
  closeVerdict,
  hasLease,
  openVerdictsOn,
  stillHeld,
  updateVerdict,
  verdictOfEpoch,
} from './verdict-row.ts';

/** A death needs no recovery, and weighs on the brake no more. False when nothing was open. */
export function dismiss(
  { nodeId, epoch, operatorId, operationId }: DismissRequest,
  now: number,
): Rule<boolean> {
  const dismissed = `dismissed:${operationId}`;
  return ask(
    [verdictOfEpoch(nodeId, epoch), nodeById(nodeId), knownOperations([dismissed])],
    ([[row], [node], done]) => {
      if (done.length > 0) return answerForNow(true);
      if (row === undefined || row.resolution !== null) return answer(false);
      const guards = [unchanged([nodeId, node]), stillHeld(row)];
      const weighs = node?.epoch === epoch ? [updateNode(nodeId, { deathOrder: 0 })] : [];
      const writes = [...closeVerdict(row, 'dismissed', operatorId, now), ...weighs];
      return change(true, writes, guards, [dismissed]);
    },
  );
}

/** The open recoveries of a node that no lease holds may be claimed at once. False when there are none. */
export function retry({ nodeId, operatorId, operationId }: RetryRequest, now: number): Rule<boolean> {
  const retried = `retried:${operationId}`;
  return ask(
    [openVerdictsOn([nodeId]), nodeById(nodeId), knownOperations([retried])],
    ([open, [node], done]) => {
      if (done.length > 0) return answerForNow(true);
      const waiting = open.filter((row) => !hasLease(row, now));
      if (waiting.length === 0) return answer(false);
      const revivedCount = waiting.filter(({ isGivenUp }) => isGivenUp).length;
      const writes = waiting.flatMap((row): Write[] => [
        updateVerdict(row, { claimId: null, heldUntil: 0, heldSince: now, isGivenUp: false }),
        appendEvent({
          kind: 'recovery-retried',
          at: now,
          observerId: operatorId,
          targetId: nodeId,
          targetEpoch: row.epoch,
          detail: { attempt: row.attemptCount },
        }),
      ]);
      const guards = [unchanged([nodeId, node]), ...waiting.map(stillHeld)];
      const revived = updateNode(nodeId, { openRecoveries: new Plus(revivedCount) });
      return change(true, [...writes, revived], guards, [retried]);
    },
  );
}
