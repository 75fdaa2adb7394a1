/** Wrongs of the original, put back into the rules of the registry and into their SQL. */
import type { PutBack } from './put-back.ts';

const deaths = 'test/original/deaths.test.ts';
const votes = 'test/original/votes.test.ts';
const rounds = 'test/original/rounds.test.ts';

export const wrongsInRegistry: readonly PutBack[] = [
  {
    wrong: 3,
    does: 'takes a node off the ring two minutes after its last heartbeat',
    changes: [
      {
        file: 'src/registry/node-row.ts',
        text: "return row.lifecycle === 'away' ?",
        becomes: "return row.lifecycle === 'away' || now - row.lastBeatAt > 120_000 ?",
      },
    ],
    guard: { file: deaths, title: 'wrong 3: a silent node leaves the ring just when it is to be declared' },
  },
  {
    wrong: 5,
    does: 'counts a vote that was taken back',
    changes: [
      {
        file: 'src/registry/statements.ts',
        text: 'if (said !== null && !isLate) {',
        becomes: "if (said?.status === 'suspect' && !isLate) {",
      },
    ],
    guard: { file: votes, title: 'wrong 5: a vote outlives the word that took it back' },
  },
  {
    wrong: 5,
    does: 'counts votes about an earlier epoch',
    changes: [
      { file: 'src/registry/node-row.ts', text: 'vote.targetEpoch === target.epoch && ', becomes: '' },
    ],
    guard: { file: votes, title: 'wrong 5: a vote outlives the word that took it back' },
  },
  {
    wrong: 10,
    does: 'keeps nowhere that a death was handled',
    changes: [
      {
        file: 'src/registry/recovery.ts',
        text: `outcome === 'completed' ? recoveryEnded(row) : updateNode(nodeId, {}),`,
        becomes: `...(outcome === 'completed' ? [recoveryEnded(row)] : []),
        updateNode(nodeId, outcome === 'completed' ? { lifecycle: 'alive' } : {}),`,
      },
    ],
    guard: {
      file: deaths,
      title: 'wrong 10: a restart or a shift of the ring acts again on deaths already handled',
    },
  },
  {
    wrong: 16,
    does: 'shows no ring to a node that is off it',
    changes: [
      {
        file: 'src/registry/round.ts',
        text: 'const successors = next.length >= lookAhead ?',
        becomes: "const successors = self?.lifecycle === 'away' ? [] : next.length >= lookAhead ?",
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 16: an observer whose own row is stale monitors no node, silently',
    },
  },
  {
    wrong: 19,
    does: 'takes an empty private address for an address',
    changes: [
      {
        file: 'src/registry/original/shared-rows.ts',
        text: "internalIp || ipAddress || ''",
        becomes: "internalIp ?? ipAddress ?? ''",
      },
    ],
    guard: { file: rounds, title: 'wrong 19: an empty private address is an address' },
  },
  {
    wrong: 25,
    does: 'declares all that was deferred in one round',
    changes: [
      {
        file: 'src/registry/decide.ts',
        text: 'if (unresolvedCount < limit) return',
        becomes: 'if (true) return',
      },
    ],
    guard: { file: rounds, title: 'wrong 25: grace counts from construction' },
  },
  {
    wrong: 26,
    does: 'deletes no line of the shared log',
    changes: [
      {
        file: 'src/registry/prune.ts',
        text: 'sharedUpTo(lastOldShared(',
        becomes: 'sharedUpTo(0 * lastOldShared(',
      },
    ],
    guard: { file: rounds, title: 'wrong 26: events are never deleted' },
  },
  {
    wrong: 28,
    does: 'reads the whole ring',
    changes: [
      {
        file: 'src/registry/round.ts',
        text: "ahead('alive', given.now, given.nodeId, given.lookAhead)",
        becomes: "ahead('alive', given.now, given.nodeId, 1_000_000)",
      },
    ],
    guard: { file: rounds, title: 'wrong 28: every node reads the whole table every round' },
  },
  {
    wrong: 28,
    does: 'looks for the ring in the whole table',
    changes: [
      {
        file: 'src/adapters/sql/schema-tables.ts',
        text: 'sql`CREATE INDEX ringwatch_nodes_ring ON ringwatch_nodes (lifecycle, node_id)`,',
        becomes: '',
      },
    ],
    guard: { file: rounds, title: 'wrong 28: every node reads the whole table every round' },
  },
];
