/** Wrongs of the original, put back into the protocol's pure core. */
import type { PutBack } from './put-back.ts';

const deaths = 'test/original/deaths.test.ts';
const votes = 'test/original/votes.test.ts';
const rounds = 'test/original/rounds.test.ts';

export const wrongsInCore: readonly PutBack[] = [
  {
    wrong: 1,
    does: 'asks once for each vote',
    changes: [
      {
        file: 'src/core/deciding.ts',
        text: '{ ...question, isAnswered: true }',
        becomes: 'question',
      },
    ],
    guard: { file: deaths, title: 'wrong 1: the quorum is looked at once' },
  },
  {
    wrong: 2,
    does: 'asks for the same number of votes in every cluster',
    changes: [
      {
        file: 'src/core/verdict.ts',
        text: 'isStrict ? minQuorum : Math.min(minQuorum, voterCount)',
        becomes: 'minQuorum',
      },
    ],
    guard: { file: deaths, title: 'wrong 2: two nodes never reach a quorum of two' },
  },
  {
    wrong: 3,
    does: 'no longer watches a missed target that the ring does not show',
    changes: [
      {
        file: 'src/core/peer.ts',
        text: "if (probe.kind === 'settled') return false;",
        becomes: 'return false;',
      },
    ],
    guard: { file: deaths, title: 'wrong 3: a silent node leaves the ring just when it is to be declared' },
  },
  {
    wrong: 4,
    does: 'compares its own clock with the time of its row',
    changes: [
      {
        file: 'src/core/apply-reading.ts',
        text: 'if (reading.self === null) {',
        becomes:
          'if (reading.self === null || Math.abs(context.wallNow - (reading.ownBeat?.at ?? 0)) > 60_000) {',
      },
    ],
    guard: { file: votes, title: 'wrong 4: clocks and time zones of different machines are compared' },
  },
  {
    wrong: 6,
    does: 'claims only as the lowest voter',
    changes: [
      {
        file: 'src/core/claims.ts',
        text: 'const dueAt = isClaimable ?',
        becomes: 'const dueAt = isClaimable && claimRank(verdict, facts.settings.nodeId) === 0 ?',
      },
    ],
    guard: { file: deaths, title: 'wrong 6: the owner dies and no node takes over' },
  },
  {
    wrong: 7,
    does: 'votes without proof of its own network',
    changes: [
      {
        file: 'src/core/network-proof.ts',
        text: 'let first: number | null = null;',
        becomes: 'let first: number | null = since;',
      },
    ],
    guard: { file: votes, title: 'wrong 7: a sick observer calls all its targets dead' },
  },
  {
    wrong: 8,
    does: 'watches the next K, whether or not they answer',
    changes: [
      {
        file: 'src/core/watch-list.ts',
        text: 'if (isEnough()) break;',
        becomes: 'if (walkedCount >= neighbors) break;',
      },
    ],
    guard: { file: deaths, title: 'wrong 8: neighbours that die together hide one another' },
  },
  {
    wrong: 9,
    does: 'forgets what it has said of a node that is off its list',
    changes: [
      {
        file: 'src/core/watching.ts',
        text: "if (isFollowed(peer) || peer.probe.kind === 'in-flight')",
        becomes: "if (peer.probe.kind === 'in-flight')",
      },
    ],
    guard: { file: votes, title: 'wrong 9: `recovered` is lost once the node had left the ring' },
  },
  {
    wrong: 11,
    does: 'does not affirm a vote by its own clock',
    changes: [
      {
        file: 'src/core/vote.ts',
        text: 'context.now - vote.recordedAt >= context.settings.quorumWindowMs / 2',
        becomes: 'false',
      },
    ],
    guard: { file: deaths, title: 'wrong 11: votes that are minutes apart never meet' },
  },
  {
    wrong: 11,
    does: "does not affirm a vote by the registry's clock",
    changes: [
      {
        file: 'src/core/deciding.ts',
        text: 'if (Math.abs(ownBeat.at - affirmedAt) >= settings.quorumWindowMs / 2)',
        becomes: 'if (false)',
      },
    ],
    guard: { file: deaths, title: 'wrong 11: votes that are minutes apart never meet' },
  },
  {
    wrong: 12,
    does: 'probes no node while the registry is out of reach',
    changes: [
      {
        file: 'src/core/detector.ts',
        text: "case 'round-failed':",
        becomes: "case 'round-failed': context.state.watching = [];",
      },
    ],
    guard: { file: votes, title: 'wrong 12: what the database refuses once is lost for ever' },
  },
  {
    wrong: 14,
    does: 'begins no round while a probe of the last one has no answer',
    changes: [
      {
        file: 'src/core/rounds.ts',
        text: "probeTargets(context, ({ probe }) => probe.kind === 'with-round' ||",
        becomes: `for (const { probe } of context.state.peers.values()) if (probe.kind === 'in-flight') return;
          probeTargets(context, ({ probe }) => probe.kind === 'with-round' ||`,
      },
    ],
    guard: { file: rounds, title: 'wrong 14: a slow target slows the probes of all others' },
  },
  {
    wrong: 15,
    does: 'drops a missed target when others come between',
    changes: [
      {
        file: 'src/core/peer.ts',
        text: "if (probe.kind === 'settled') return false;",
        becomes: 'return false;',
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 15: a node that joins resets the count, and an empty ring keeps it',
    },
  },
  {
    wrong: 15,
    does: 'keeps all counts as they are while the ring is empty, and probes no node',
    changes: [
      {
        file: 'src/core/apply-reading.ts',
        text: 'const areRowsMissing = adoptStatements(context, reading);',
        becomes: `if (successors.length === 0) { state.watching = []; return; }
          const areRowsMissing = adoptStatements(context, reading);`,
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 15: a node that joins resets the count, and an empty ring keeps it',
    },
  },
  {
    wrong: 16,
    does: 'watches no node when its own row is stale',
    changes: [
      {
        file: 'src/core/apply-reading.ts',
        text: 'if (reading.self === null) {',
        becomes: "if (reading.self === null || reading.self.lifecycle === 'away') {",
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 16: an observer whose own row is stale monitors no node, silently',
    },
  },
  {
    wrong: 16,
    does: 'says nothing when it watches no node',
    changes: [
      {
        file: 'src/core/apply-reading.ts',
        text: "warnOfPlace(context, 'this node has no row in the registry, so it watches no node');",
        becomes: '',
      },
    ],
    guard: { file: 'src/core/detector.test.ts', title: 'watches no node when it has no row' },
  },
  {
    wrong: 20,
    does: 'takes an answer of any node',
    changes: [{ file: 'src/core/probe.ts', text: 'if (nodeId !== target.id) {', becomes: 'if (false) {' }],
    guard: {
      file: 'test/e2e/prober-wrongs.test.ts',
      title: 'another node at the address is healthy by the status; to ours it is another node',
    },
  },
  {
    wrong: 23,
    does: 'takes negative numbers',
    changes: [
      {
        file: 'src/core/settings/limits.ts',
        text: 'probeIntervalMs: [10, dayMs]',
        becomes: 'probeIntervalMs: [-dayMs, dayMs]',
      },
    ],
    guard: { file: 'src/core/settings/config.test.ts', title: 'are refused with all violations at once' },
  },
  {
    wrong: 23,
    does: "sorts the caller's array",
    changes: [{ file: 'src/core/ring.ts', text: '[...nodes].sort(', becomes: 'nodes.sort(' }],
    guard: { file: 'src/core/ring.test.ts', title: "leaves the caller's array as it was" },
  },
  {
    wrong: 24,
    does: 'sends its first probe a whole interval after the start',
    changes: [
      {
        file: 'src/core/rounds.ts',
        text: 'nextRoundAt: now + random * settings.probeIntervalMs',
        becomes: 'nextRoundAt: now + settings.probeIntervalMs',
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 24: the first probe comes a whole interval late, and nodes march in step',
    },
  },
  {
    wrong: 24,
    does: 'has rounds of one length',
    changes: [
      {
        file: 'src/core/round-spacing.ts',
        text: 'const mostMs = jitter * roundMs;',
        becomes: 'const mostMs = 0;',
      },
    ],
    guard: {
      file: rounds,
      title: 'wrong 24: the first probe comes a whole interval late, and nodes march in step',
    },
  },
  {
    wrong: 25,
    does: 'counts its grace from before its start',
    changes: [{ file: 'src/core/rounds.ts', text: 'startedAt: now }', becomes: 'startedAt: 0 }' }],
    guard: {
      file: 'src/monitor/monitor.test.ts',
      title: 'counts its grace from the start, not from its construction',
    },
  },
  {
    wrong: 27,
    does: 'watches no node while one of them has no address',
    changes: [
      {
        file: 'src/core/watching.ts',
        text: 'const targets = walk.targets.filter((node) => hasAddress(context, node));',
        becomes:
          'const targets = walk.targets.every((node) => hasAddress(context, node)) ? walk.targets : [];',
      },
    ],
    guard: { file: rounds, title: 'wrong 27: one row without an address makes the monitor watch no node' },
  },
];
