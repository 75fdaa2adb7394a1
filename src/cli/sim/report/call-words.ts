/** What the calls of the registry are called on the page. */
import type { Registry } from '../../../ports/registry.ts';

const words: Readonly<Partial<Record<keyof Registry, string>>> = {
  join: 'joins',
  heartbeat: 'heartbeats',
  leave: 'leaves',
  setHandler: 'words on a recovery handler',
  setMaintenance: 'beginnings and ends of maintenance',
  readRound: 'readings of the round',
  readNeighbors: 'readings of neighbours',
  readNode: 'readings of one node',
  record: 'suspicions, votes and notes',
  refute: 'answers to an accusation',
  decide: 'questions whether a node is dead',
  obituary: 'words on a dead application',
  claim: 'claims of a recovery',
  renew: 'renewals of a recovery',
  finish: 'ends of a recovery',
  raise: 'checks after a restored backup',
  prune: 'deletions of old rows',
};

/** Those of the original, which are statements of SQL. */
const originalWords: Readonly<Record<string, string>> = {
  readRing: 'readings of all nodes',
  insertEvent: 'suspicions and votes',
  countVotes: 'counts of votes',
  readLowestVoter: 'readings of the voter that acts',
};

/** A call in words; its own name where there are none. */
export function callWords(name: string): string {
  const known: Readonly<Record<string, string | undefined>> = { ...words, ...originalWords };
  return (Object.hasOwn(known, name) ? known[name] : undefined) ?? name;
}
