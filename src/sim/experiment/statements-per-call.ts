/**
 * How many SQL statements each call of the registry is, with SQLite and with rqlite alike: of `decide` one that makes the
 * verdict, of `record` one with a single entry. A test holds the table against the real SQL registry. The original's calls
 * are a statement each.
 */
export const statementsPerCall: Readonly<Record<string, number>> = {
  claim: 9,
  decide: 11,
  finish: 4,
  heartbeat: 2,
  join: 8,
  leave: 8,
  readNode: 1,
  readRound: 5,
  record: 4,
  refute: 1,
  renew: 2,
  setHandler: 1,
};

/** The statements of so many calls by name. */
export function statementsOf(calls: Readonly<Record<string, number>>): number {
  return Object.entries(calls).reduce(
    (sum, [name, count]) => sum + count * (statementsPerCall[name] ?? 1),
    0,
  );
}
