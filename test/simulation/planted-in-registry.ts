/** Bugs planted in the registry, each with the promise that catches it and within how many seeds. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { compareIds } from '../../src/core/ring.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import { type PlantedBug, type Requests, rewireRegistry, standingStill } from './planted-bugs.ts';

/** A registry that reads its whole ring and sorts it for itself, and searches it by bytes. */
function ringSortedBy(compare: (a: string, b: string) => number) {
  return class extends MemoryRegistry {
    override async readRound(request: Requests['readRound']) {
      const { nodeId, lookAhead } = request;
      const reading = await super.readRound({ ...request, lookAhead: 1_000 });
      const ring = reading.successors.toSorted((a, b) => compare(a.id, b.id));
      const next = ring.findIndex(({ id }) => compareIds(id, nodeId) > 0);
      // After the last one the ring begins again.
      const place = next === -1 ? ring.length : next;
      const ahead = [...ring.slice(place), ...ring.slice(0, place)];
      const successors = ahead.slice(0, lookAhead);
      const rows = [...reading.successors, ...reading.watched];
      const watched = rows.filter((node) => request.watched.includes(node.id) && !successors.includes(node));
      return { ...reading, successors, watched };
    }
  };
}

/** The same code without the bug: what is caught of the ring in UTF-16 order must be its order, and nothing else in it. */
export const ringSortedByBytes: PlantedBug = {
  bug: 'none: the ring is sorted by bytes',
  promise: 'L4',
  within: 0,
  registry: ringSortedBy(compareIds),
};

/** Each `recovered` is on its way for so long that a verdict by the vote that it takes back may come first. */
export const lateRecovered: PlantedBug = {
  bug: 'none: a `recovered` that is late',
  promise: 'S6',
  within: 0,
  faults: standingStill,
  rewireFor: ({ registryTimeoutMs }) =>
    rewireRegistry((link, { process }) => ({
      record: async (entries) => {
        if (entries.some(({ kind }) => kind === 'recovered'))
          await new Promise<void>((resolve) => void process.clock.setTimer(registryTimeoutMs / 2, resolve));
        return link.record(entries);
      },
    })),
};

export const bugsInRegistry: readonly PlantedBug[] = [
  {
    ...lateRecovered,
    bug: 'a late recovered undoes a verdict',
    promise: 'S6',
    within: 10,
    from: 4,
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(
          entries.map((entry) => (entry.kind === 'recovered' ? { ...entry, knownDecision: 1_000 } : entry)),
        );
      }
    },
  },
  {
    bug: 'one vote is always enough',
    promise: 'S2',
    within: 5,
    registry: class extends MemoryRegistry {
      override decide(request: Requests['decide']) {
        return super.decide({ ...request, minQuorum: 1 });
      }
    },
  },
  {
    bug: 'a vote that was taken back counts all the same',
    promise: 'S2',
    within: 15,
    from: 9,
    registry: class extends MemoryRegistry {
      readonly #votes = new Map<string, Requests['record'][number]>();
      override async record(entries: Requests['record']) {
        await super.record(entries);
        for (const entry of entries) {
          const key = `${entry.observerId} ${entry.targetId}`;
          const vote = this.#votes.get(key);
          if (entry.kind === 'dead') this.#votes.set(key, entry);
          else if (entry.kind === 'recovered' && vote !== undefined)
            await super.record([{ ...vote, operationId: `${entry.operationId} again` }]);
        }
      }
    },
  },
  {
    bug: 'a `recovered` is acknowledged and thrown away',
    promise: 'S6',
    within: 5,
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(entries.filter(({ kind }) => kind !== 'recovered'));
      }
    },
  },
  {
    bug: 'a `suspect` is acknowledged and thrown away',
    promise: 'S6',
    within: 5,
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(entries.filter(({ kind }) => kind !== 'suspect'));
      }
    },
  },
  {
    bug: 'what is said of a later epoch is filed under the first one',
    promise: 'L1',
    within: 5,
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(
          entries.map((entry) => ({ ...entry, targetEpoch: entry.targetEpoch === null ? null : 1 })) as never,
        );
      }
    },
  },
  {
    bug: 'the fence does not grow',
    promise: 'S1',
    within: 5,
    registry: class extends MemoryRegistry {
      override async claim(request: Requests['claim']) {
        const result = await super.claim(request);
        return result.outcome === 'claimed' ? { ...result, fence: 1 } : result;
      }
    },
  },
  {
    bug: 'a lease is a moment long',
    promise: 'S1',
    within: 10,
    registry: class extends MemoryRegistry {
      override claim(request: Requests['claim']) {
        return super.claim({ ...request, leaseMs: 1 });
      }
    },
  },
  {
    bug: 'a lost lease is renewed all the same',
    promise: 'S1',
    within: 10,
    from: 5,
    isFor: ({ options, settings }) => (options.handler?.takes.mostMs ?? 0) > settings.leaseMs,
    registry: class extends MemoryRegistry {
      override async renew(request: Requests['renew']) {
        const result = await super.renew(request);
        return result.outcome === 'lost' ? ({ outcome: 'renewed', hasReturned: false } as const) : result;
      }
    },
  },
  {
    bug: 'no quorum is ever found',
    promise: 'L1',
    within: 5,
    registry: class extends MemoryRegistry {
      override async decide(request: Requests['decide']) {
        return super.decide({ ...request, minQuorum: 100, isQuorumStrict: true });
      }
    },
  },
  {
    bug: 'a recovery that failed is tried again a day later',
    promise: 'L2',
    within: 10,
    from: 8,
    registry: class extends MemoryRegistry {
      override finish(request: Requests['finish']) {
        return super.finish({ ...request, retryAfterMs: 86_400_000 });
      }
    },
  },
  {
    bug: 'no node may claim',
    promise: 'L2',
    within: 5,
    registry: class extends MemoryRegistry {
      override claim() {
        return Promise.resolve({ outcome: 'refused', reason: 'held' } as const);
      }
    },
  },
  {
    bug: 'a node that leaves is not noted',
    promise: 'S3',
    within: 25,
    from: 23,
    registry: class extends MemoryRegistry {
      override leave() {
        return Promise.resolve();
      }
    },
  },
  {
    bug: 'a vote on an earlier epoch of its target counts',
    promise: 'S2',
    within: 190,
    from: 188,
    registry: class extends MemoryRegistry {
      override async record(entries: Requests['record']) {
        const { nodes } = await super.readCluster({});
        const epochs = new Map(nodes.map(({ id, epoch }) => [id, epoch]));
        const present = entries.map((entry) =>
          entry.kind === 'dead' ? { ...entry, targetEpoch: epochs.get(entry.targetId) ?? 1 } : entry,
        );
        return super.record(present);
      }
    },
  },
  {
    bug: 'the votes of an observer outlive its restart',
    promise: 'S2',
    within: 35,
    from: 31,
    registry: class extends MemoryRegistry {
      readonly #votes = new Map<string, Requests['record'][number]>();
      override record(entries: Requests['record']) {
        for (const entry of entries) {
          const key = `${entry.observerId} ${entry.targetId}`;
          if (entry.kind === 'dead') this.#votes.set(key, entry);
          else if (entry.kind === 'recovered') this.#votes.delete(key);
        }
        return super.record(entries);
      }
      override async join(request: Requests['join']) {
        const result = await super.join(request);
        if (result.outcome !== 'joined') return result;
        for (const vote of this.#votes.values()) {
          if (vote.observerId !== request.nodeId) continue;
          const operationId = `${vote.operationId} ${result.epoch}`;
          await super.record([{ ...vote, operationId, observerEpoch: result.epoch }]);
        }
        return result;
      }
    },
  },
  {
    bug: 'a deleted row of dns_nodes is not put back',
    promise: 'L3',
    within: 10,
    faults: ({ options, faultsEndAt }) => [
      { at: faultsEndAt - 1, kind: 'delete-rows', nodeIds: nodeIdsOf(options.nodes) },
    ],
    registry: class extends MemoryRegistry {
      override async heartbeat(request: Requests['heartbeat']) {
        const isGone = this.readSharedNode(request.nodeId) === null;
        const result = await super.heartbeat(request);
        if (isGone) this.removeSharedNode(request.nodeId);
        return result;
      }
    },
  },
  {
    bug: 'maintenance is not noted',
    promise: 'S3',
    within: 10,
    registry: class extends MemoryRegistry {
      override setMaintenance() {
        return Promise.resolve(true);
      }
    },
  },
  {
    bug: 'any node may record the end of a recovery, however late',
    promise: 'S1',
    within: 10,
    rewire: rewireRegistry((link, { process }) => ({
      finish: async (request) => {
        await new Promise<void>((resolve) => void process.clock.setTimer(6_000, resolve));
        return link.finish(request);
      },
    })),
    registry: class extends MemoryRegistry {
      readonly #holders = new Map<string, { claimId: string; fence: number }>();
      override async claim(request: Requests['claim']) {
        const result = await super.claim(request);
        const { nodeId, epoch, claimId } = request;
        if (result.outcome === 'claimed')
          this.#holders.set(`${nodeId}#${epoch}`, { claimId, fence: result.fence });
        return result;
      }
      override finish(request: Requests['finish']) {
        return super.finish({ ...request, ...this.#holders.get(`${request.nodeId}#${request.epoch}`) });
      }
    },
  },
  {
    bug: 'the ring is sorted by UTF-16, and searched by bytes',
    promise: 'L4',
    within: 75,
    from: 72,
    isFor: ({ options }) => nodeIdsOf(options.nodes).some((id) => /^[^Zn]/.test(id)),
    registry: ringSortedBy((a, b) => (a < b ? -1 : 1)),
  },
  {
    bug: 'a node that was called dead may not come back',
    promise: 'L4',
    within: 5,
    registry: class extends MemoryRegistry {
      override async join(request: Requests['join']) {
        const { verdicts } = await super.readCluster({});
        if (!verdicts.some(({ nodeId }) => nodeId === request.nodeId)) return super.join(request);
        return { outcome: 'conflict', newestEpoch: request.afterEpoch } as const;
      }
    },
  },
];
