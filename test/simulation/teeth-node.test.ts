/** The checkers bite: bugs planted between a node and its ports are caught within a stated number of seeds, by the right promise. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { RegistryError } from '../../src/ports/registry.ts';
import { createVirtualAbort } from '../../src/sim/abort.ts';
import { hunt, type PlantedBug, type Requests, rewireRegistry, seedLimit } from './planted-bugs.ts';

const pending = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 } as const;

const bugs: readonly PlantedBug[] = [
  {
    bug: 'the quorum is looked at once, at the vote',
    promises: ['L1'],
    rewire: rewireRegistry((link) => {
      const asked = new Set<string>();
      return {
        decide: async (request) => {
          const life = `${request.targetId}#${request.targetEpoch}`;
          if (asked.has(life)) return pending;
          asked.add(life);
          return link.decide(request);
        },
      };
    }),
  },
  {
    bug: 'what was said in an outage is dropped and never said again',
    promises: ['S6', 'L1', 'L3'],
    rewire: rewireRegistry((link) => {
      const dropped = new Set<string>();
      return {
        record: async (entries) => {
          const kept = entries.filter(({ operationId }) => !dropped.has(operationId));
          try {
            await link.record(kept);
          } catch (error) {
            for (const { operationId } of kept.slice(1)) dropped.add(operationId);
            throw error;
          }
        },
      };
    }),
  },
  {
    bug: 'what nobody has handled in its first lease is forgotten',
    promises: ['L2'],
    rewire: rewireRegistry((link) => ({
      readRound: async (request) => {
        const reading = await link.readRound(request);
        const openVerdicts = reading.openVerdicts.filter(({ verdict }) => verdict.attemptCount === 0);
        return { ...reading, openVerdicts };
      },
    })),
  },
  {
    bug: 'a claim is repeated with a new id, and its owner may have two leases',
    promises: ['S1'],
    registry: class extends MemoryRegistry {
      readonly #leases = new Map<string, Requests['finish'] & { readonly ownerId: string }>();
      override async claim(request: Requests['claim']) {
        const { nodeId, epoch, claimId, ownerId } = request;
        const held = this.#leases.get(`${nodeId}#${epoch}`);
        if (held?.ownerId === ownerId && held.claimId !== claimId) await super.finish(held);
        const result = await super.claim(request);
        if (result.outcome !== 'claimed') return result;
        const lease = { nodeId, epoch, claimId, fence: result.fence, ownerId };
        const end = { outcome: 'failed', error: null, retryAfterMs: 0 } as const;
        this.#leases.set(`${nodeId}#${epoch}`, { ...lease, ...end });
        return result;
      }
    },
    rewire: rewireRegistry((link) => {
      const newest = new Map<string, string>();
      let count = 0;
      const withNewest = <Lease extends { readonly claimId: string }>(lease: Lease): Lease => ({
        ...lease,
        claimId: newest.get(lease.claimId) ?? lease.claimId,
      });
      return {
        claim: (request) => {
          newest.set(request.claimId, `${request.claimId}.${count++}`);
          return link.claim(withNewest(request));
        },
        renew: (request) => link.renew(withNewest(request)),
        finish: (request) => link.finish(withNewest(request)),
      };
    }),
  },
  {
    bug: 'a heartbeat that has not changed since the last round is silence',
    promises: ['S2'],
    rewire: rewireRegistry((link) => {
      const heartbeats = new Map<string, string>();
      return {
        readRound: async (request) => {
          const reading = await link.readRound(request);
          for (const { id, heartbeat } of reading.successors) heartbeats.set(id, heartbeat);
          return reading;
        },
        decide: (request) => {
          const silentNodes = [...heartbeats]
            .filter(([id]) => id !== request.targetId)
            .map(([nodeId, heartbeat]) => ({ nodeId, heartbeat }));
          return link.decide({ ...request, silentNodes });
        },
      };
    }),
  },
  {
    bug: 'a verdict is made alone while the registry is out of reach',
    promises: ['S6'],
    rewire: rewireRegistry((link) => ({
      decide: (request) =>
        link.decide(request).catch(() => ({
          outcome: 'dead' as const,
          isNew: true,
          verdict: {
            nodeId: request.targetId,
            epoch: request.targetEpoch,
            decidedAt: 0,
            quorum: 1,
            votes: [],
            resolution: null,
            ownerId: null,
            fence: 0,
            attemptCount: 0,
            lastError: null,
          },
        })),
    })),
  },
  {
    bug: 'what could not be written is dropped',
    promises: ['S6'],
    rewire: rewireRegistry((link) => ({ record: (entries) => link.record(entries).catch(() => undefined) })),
  },
  {
    bug: 'what waits is written newest first',
    promises: ['S6'],
    rewire: rewireRegistry((link) => ({ record: (entries) => link.record([...entries].reverse()) })),
  },
  {
    bug: 'what is written again gets a new id',
    promises: ['S6'],
    rewire: rewireRegistry((link) => {
      let count = 0;
      return {
        record: (entries) =>
          link.record(entries.map((entry) => ({ ...entry, operationId: `${entry.operationId}.${count++}` }))),
      };
    }),
  },
  {
    bug: 'what refutes is not heard',
    promises: ['S4'],
    rewire: rewireRegistry((link) => ({
      decide: (request) => link.decide({ ...request, refutationCount: null }),
    })),
  },
  {
    bug: 'a vote needs one miss less',
    promises: ['S4'],
    settings: ({ deadAfter, suspectAfter }) => ({
      deadAfter: deadAfter - 1,
      suspectAfter: Math.min(suspectAfter, deadAfter - 1),
    }),
  },
  {
    bug: 'a lease is not renewed',
    promises: ['S1'],
    rewire: rewireRegistry(() => ({
      renew: () => Promise.resolve({ outcome: 'renewed', hasReturned: false }),
    })),
  },
  {
    bug: 'a handler is not told that its lease is lost',
    promises: ['S1'],
    rewire: (wires) => ({
      ...wires,
      ports: {
        ...wires.ports,
        createAbort: () => ({ signal: createVirtualAbort().signal, abort: () => {} }),
      },
    }),
  },
  {
    bug: 'a claim that was refused is taken for granted',
    promises: ['S1', 'S6'],
    rewire: rewireRegistry((link) => ({
      claim: async (request) => {
        const answer = await link.claim(request);
        if (answer.outcome === 'claimed') return answer;
        const node = await link.readNode(request.nodeId);
        if (node === null) throw new RegistryError('unavailable', 'unknown');
        const { nodeId, epoch } = request;
        const nobody = { decidedAt: 0, quorum: 1, votes: [], resolution: null, ownerId: null };
        const verdict = { nodeId, epoch, ...nobody, fence: 0, attemptCount: 1, lastError: null };
        return { outcome: 'claimed', fence: 0, verdict };
      },
    })),
  },
  {
    bug: 'two probes at once go to a target',
    promises: ['C1'],
    rewire: (wires) => {
      const { prober } = wires.ports;
      const probe: typeof prober.probe = async (target, options) => {
        const [first] = await Promise.all([prober.probe(target, options), prober.probe(target, options)]);
        return first;
      };
      return { ...wires, ports: { ...wires.ports, prober: { probe, close: () => prober.close() } } };
    },
  },
  {
    bug: 'an observer that has restarted watches nobody',
    promises: ['L4'],
    rewire: rewireRegistry((link) => ({
      readRound: async (request) => {
        const reading = await link.readRound(request);
        return request.epoch > 1 ? { ...reading, successors: [] } : reading;
      },
    })),
  },
  {
    bug: 'durations are measured with the wall clock',
    promises: ['S7'],
    needsTwin: true,
    rewire: (wires) => {
      const { clock } = wires.ports;
      const wrong = { ...clock, now: () => clock.wallNow() };
      return { ...wires, ports: { ...wires.ports, clock: wrong } };
    },
  },
  {
    bug: 'a lease ends by the clock of its owner',
    promises: ['S7'],
    needsTwin: true,
    rewire: rewireRegistry((link, { process, registry }) => ({
      claim: (request) => {
        const leaseMs = request.leaseMs + process.clock.wallNow() - registry.now();
        return link.claim({ ...request, leaseMs });
      },
    })),
  },
];

describe('the checkers catch', () => {
  it.each(bugs)(`within ${seedLimit} seeds that $bug`, { timeout: 240_000 }, async (bug) => {
    const { seed, seen } = await hunt(bug);
    expect(seed, `only these were reported: ${seen}`).not.toBeNull();
  });
});
