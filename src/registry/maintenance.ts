/** Putting a node into maintenance and taking it out again. */
import { appendEvent, knownOperations } from './events.ts';
import { isInMaintenance, newNode, nodeById, unchanged, writeNode } from './node-row.ts';
import { isStillReplaced, mirrorMaintenance } from './original/mirror.ts';
import { maintained, sharedNodeById } from './original/shared-rows.ts';
import { answer, ask, change, type Rule } from './rule.ts';
import { hasLease, openVerdictsOn, updateVerdict } from './verdict-row.ts';

/** A change of the end by less than this is the same maintenance, asked for again. */
const sameMaintenanceMs = 60_000;

/** False when no such node is known. A `durationMs` of 0 ends it. `callId` is unique to the call, which may be tried again. */
export function setMaintenance(
  { nodeId, durationMs }: { readonly nodeId: string; readonly durationMs: number },
  callId: string,
  now: number,
): Rule<boolean> {
  const operationId = `maintenance:${callId}`;
  return ask(
    [nodeById(nodeId), openVerdictsOn([nodeId]), sharedNodeById([nodeId]), knownOperations([operationId])],
    ([[known], open, [sharedRow], done]) => {
      if (done.length > 0) return answer(true);
      const row = known ?? (sharedRow === undefined ? undefined : newNode(nodeId));
      if (row === undefined) return answer(false);
      const until = durationMs > 0 ? now + Math.round(durationMs) : 0;
      const isRunning = isInMaintenance(row, now);
      const isSame =
        until === 0 ? !isRunning : isRunning && Math.abs(row.maintenanceUntil - until) < sameMaintenanceMs;
      const { epoch: targetEpoch } = row;
      const writes = [
        writeNode(row, {
          maintenanceUntil: until,
          isMaintenanceTheirs: false,
          status: maintained(sharedRow?.status ?? row.status, until > 0),
        }),
        ...(isSame
          ? []
          : [
              appendEvent({
                kind: 'maintenance',
                at: now,
                observerId: nodeId,
                targetId: nodeId,
                targetEpoch,
                detail: { durationMs },
              }),
            ]),
        // A recovery that no lease holds waits for the end, and goes on when the end is brought forward.
        ...open
          .filter((verdict) => !verdict.isGivenUp && !hasLease(verdict, now) && (until > 0 || isRunning))
          .map((verdict) => updateVerdict(verdict, { claimId: null, heldUntil: until, heldSince: now })),
        ...mirrorMaintenance(row, sharedRow, until > 0, now),
      ];
      return change(true, writes, [unchanged([nodeId, known]), ...isStillReplaced(sharedRow)], [operationId]);
    },
  );
}
