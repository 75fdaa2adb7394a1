/** A vote's row: how it is written and taken back. Not for: whether it counts (node-row.ts, decide.ts). */
import type { VoteRow } from '../ports/rows.ts';
import type { Write } from '../ports/store.ts';
import { select } from './rule.ts';

const voteOfOne = select('votes', [
  ['targetId', '='],
  ['observerId', '='],
]);

/** One vote as a row to write. */
export function putVote(vote: VoteRow): Write {
  return { kind: 'put', table: 'votes', row: { ...vote } };
}

/** Takes one observer's statement about one target back. */
export function deleteVote(targetId: string, observerId: string): Write {
  return { kind: 'delete', query: voteOfOne(targetId, observerId) };
}
