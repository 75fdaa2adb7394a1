/**
 * How many SQL statements each call of the registry is, with SQLite and with rqlite alike. `decide` is one that makes the
 * verdict, `record` one with a single entry. A test holds the table against the real SQL registry. The original's calls
 * are a statement each.
 */
export const statementsPerCall: Readonly<Record<string, number>> = {
  claim: 14,
  decide: 25,
  finish: 8,
  heartbeat: 1,
  join: 12,
  leave: 11,
  readNeighbors: 4,
  readNode: 7,
  readRound: 1,
  record: 11,
  refute: 1,
  renew: 5,
  setHandler: 1,
};

/** The statements of so many calls by name. */
export function statementsOf(calls: Readonly<Record<string, number>>): number {
  return Object.entries(calls).reduce(
    (sum, [name, count]) => sum + count * (statementsPerCall[name] ?? 1),
    0,
  );
}
