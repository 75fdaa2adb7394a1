/**
 * What becomes of the leases of an owner that is over: dead by a verdict, gone, or in a newer epoch. They are renewed no
 * more. Not for: who may claim next, or after which pause (recovery.ts).
 */
import type { VerdictRow } from '../ports/rows.ts';
import type { Guard, Write } from '../ports/store.ts';
import { atMost, count, select } from './rule.ts';
import { stillHeld, updateVerdict } from './verdict-row.ts';

const ofOwner = [
  ['ownerId', '='],
  ['claimId', 'not-null'],
  ['resolution', 'null'],
] as const;

/** The verdicts on which a node has the newest lease, ended or not. */
export const leasesOf = select('verdicts', ofOwner);
const leaseCountOf = count('verdicts', ofOwner);

/** What ends the leases, and what must still be so then. */
export interface EndOfLeases {
  readonly writes: readonly Write[];
  readonly guards: readonly Guard[];
}

/**
 * Ends the leases of a node that is over. Where its process is known to have gone they end at once. Else it may only be cut
 * off, and run on until it has had no renewal for as long as its claim says; a claim that says nothing goes to its lease's end.
 */
export function endLeases(
  ownerId: string,
  leases: readonly VerdictRow[],
  isProcessGone: boolean,
  now: number,
): EndOfLeases {
  const ended = leases.flatMap((row) => {
    const { heldUntil, heldSince, holdMs } = row;
    const stoppedAt = holdMs > 0 ? heldSince + holdMs : heldUntil;
    const until = Math.min(heldUntil, isProcessGone ? now : stoppedAt);
    return row.isOwnerOver && until === heldUntil ? [] : [{ row, until }];
  });
  return {
    writes: ended.map(({ row, until }) => updateVerdict(row, { heldUntil: until, isOwnerOver: true })),
    // A claim that is granted meanwhile is ended too.
    guards: [...ended.map(({ row }) => stillHeld(row)), atMost(leaseCountOf(ownerId), leases.length)],
  };
}
