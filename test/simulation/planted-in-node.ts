/** Bugs planted between a node and its ports, each with the promise that catches it and within how many seeds. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { timeToDeathMs } from '../../src/core/settings/config.ts';
import { RegistryError } from '../../src/ports/registry.ts';
import { createVirtualAbort } from '../../src/sim/abort.ts';
import type { PlannedFault } from '../../src/sim/fault-plan.ts';
import { registryHost } from '../../src/sim/network.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import { type PlantedBug, type Requests, rewireRegistry } from './planted-bugs.ts';

const pending = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 } as const;

/** One node after another dies, and then the one before it, which may own the recovery, does not reach the registry for some leases. */
const cutOwners: NonNullable<PlantedBug['faults']> = ({ options, settings, faultsBeginAt, faultsEndAt }) => {
  const { leaseMs } = settings;
  const nodeIds = nodeIdsOf(options.nodes);
  const foundMs = timeToDeathMs(settings, 'refused') + settings.answerWindowMs;
  return nodeIds.flatMap((nodeId, index): PlannedFault[] => {
    const at = faultsBeginAt + index * (foundMs + 8 * leaseMs);
    const durationMs = 4 * leaseMs;
    if (at + foundMs + durationMs > faultsEndAt) return [];
    const next = nodeIds[(index + 1) % nodeIds.length] ?? nodeId;
    return [
      { at, kind: 'crash', nodeIds: [next], how: 'process', backAfterMs: foundMs + 6 * leaseMs },
      { at: at + foundMs, kind: 'cut', some: [nodeId], others: [registryHost], durationMs },
    ];
  });
};

export const bugsInNode: readonly PlantedBug[] = [
  {
    bug: 'what was said in an outage is dropped and never said again',
    promise: 'S6',
    within: 10,
    from: 8,
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
    bug: 'the quorum is looked at once, at the vote',
    promise: 'L1',
    within: 10,
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
    bug: 'a death that is not handled in its first lease is forgotten',
    promise: 'L2',
    within: 10,
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
    promise: 'S1',
    within: 40,
    from: 34,
    registry: class extends MemoryRegistry {
      readonly #leases = new Map<string, Requests['finish'] & { readonly ownerId: string }>();
      override async claim(request: Requests['claim']) {
        const { nodeId, epoch, claimId, ownerId } = request;
        const held = this.#leases.get(`${nodeId}#${epoch}`);
        if (held?.ownerId === ownerId && held.claimId !== claimId) await super.finish(held);
        const result = await super.claim(request);
        if (result.outcome !== 'claimed') return result;
        const lease = { nodeId, epoch, claimId, fence: result.fence, ownerId };
        const end = { outcome: 'failed', error: null, retryAfterMs: 0, maxAttempts: null } as const;
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
    bug: 'a verdict is made alone while the registry is out of reach',
    promise: 'S6',
    within: 10,
    from: 7,
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
            reason: null,
          },
        })),
    })),
  },
  {
    bug: 'what could not be written is dropped',
    promise: 'S6',
    within: 15,
    from: 9,
    rewire: rewireRegistry((link) => ({ record: (entries) => link.record(entries).catch(() => undefined) })),
  },
  {
    bug: 'what waits is written newest first',
    promise: 'S6',
    within: 10,
    rewire: rewireRegistry((link) => ({ record: (entries) => link.record([...entries].reverse()) })),
  },
  {
    bug: 'what is written again gets a new id',
    promise: 'S6',
    within: 10,
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
    promise: 'S4',
    within: 20,
    from: 14,
    rewire: rewireRegistry((link) => ({
      decide: (request) => link.decide({ ...request, refutationCount: null }),
    })),
  },
  {
    bug: 'a vote needs one miss less',
    promise: 'S4',
    within: 5,
    settings: ({ deadAfter, suspectAfter }) => ({
      deadAfter: deadAfter - 1,
      suspectAfter: Math.min(suspectAfter, deadAfter - 1),
    }),
  },
  {
    bug: 'a lease is not renewed',
    promise: 'S1',
    within: 10,
    rewire: rewireRegistry(() => ({
      renew: () => Promise.resolve({ outcome: 'renewed', hasReturned: false }),
    })),
  },
  {
    bug: 'a handler is not told that its lease is lost',
    promise: 'S1',
    within: 10,
    from: 5,
    isFor: ({ options, settings }) => (options.handler?.takes.mostMs ?? 0) > 2 * settings.leaseMs,
    faults: cutOwners,
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
    promise: 'S6',
    within: 10,
    rewire: rewireRegistry((link) => ({
      claim: async (request) => {
        const answer = await link.claim(request);
        if (answer.outcome === 'claimed') return answer;
        const node = await link.readNode(request.nodeId);
        if (node === null) throw new RegistryError('unavailable', 'unknown');
        const { nodeId, epoch } = request;
        const nobody = { decidedAt: 0, quorum: 1, votes: [], resolution: null, ownerId: null };
        const verdict = {
          nodeId,
          epoch,
          ...nobody,
          fence: 0,
          attemptCount: 1,
          lastError: null,
          reason: null,
        };
        return { outcome: 'claimed', fence: 0, verdict };
      },
    })),
  },
  {
    bug: 'an observer that has restarted watches no node',
    promise: 'L4',
    within: 10,
    rewire: rewireRegistry((link) => ({
      readRound: async (request) => {
        const reading = await link.readRound(request);
        return request.epoch > 1 ? { ...reading, successors: [] } : reading;
      },
    })),
  },
  {
    bug: 'durations are measured with the wall clock',
    promise: 'S7',
    within: 10,
    from: 5,
    needsTwin: true,
    rewire: (wires) => {
      const { clock } = wires.ports;
      const wrong = { ...clock, now: () => clock.wallNow() };
      return { ...wires, ports: { ...wires.ports, clock: wrong } };
    },
  },
  {
    bug: 'a lease ends by the clock of its owner',
    promise: 'S7',
    within: 10,
    needsTwin: true,
    rewire: rewireRegistry((link, { process, registry }) => ({
      claim: (request) => {
        const leaseMs = request.leaseMs + process.clock.wallNow() - registry.now();
        return link.claim({ ...request, leaseMs });
      },
    })),
  },
];
