/** The checkers bite: bugs planted in the registry are caught within a stated number of seeds, by the right promise. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { compareIds } from '../../src/core/ring.ts';
import { hunt, type PlantedBug, type Requests, rewireRegistry, seedLimit } from './planted-bugs.ts';

const bugs: readonly PlantedBug[] = [
  {
    bug: 'one voice is always enough',
    promises: ['S2'],
    registry: class extends MemoryRegistry {
      override decide(request: Requests['decide']) {
        return super.decide({ ...request, minQuorum: 1 });
      }
    },
  },
  {
    bug: 'silent nodes are believed by their ids alone',
    promises: ['S2'],
    registry: class extends MemoryRegistry {
      override async decide(request: Requests['decide']) {
        const { nodes } = await super.readCluster({ membershipWindowMs: request.membershipWindowMs });
        const silentNodes = nodes.map(({ id: nodeId, heartbeat }) => ({ nodeId, heartbeat }));
        return super.decide({ ...request, silentNodes });
      }
    },
  },
  {
    bug: 'a vote is not taken back',
    promises: ['S2', 'L3'],
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(entries.filter(({ kind }) => kind !== 'recovered'));
      }
    },
  },
  {
    bug: 'a late recovered undoes a verdict',
    promises: ['L2', 'S5', 'S2'],
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(
          entries.map((entry) => (entry.kind === 'recovered' ? { ...entry, knownDecision: 1_000 } : entry)),
        );
      }
    },
  },
  {
    bug: 'what is said of a later life is filed under the first one',
    promises: ['L1'],
    registry: class extends MemoryRegistry {
      override record(entries: Requests['record']) {
        return super.record(
          entries.map((entry) => ({ ...entry, targetEpoch: entry.targetEpoch === null ? null : 1 })) as never,
        );
      }
    },
  },
  {
    bug: 'the brake is off by one',
    promises: ['S5'],
    registry: class extends MemoryRegistry {
      override async decide(request: Requests['decide']) {
        const { memberCount } = await super.readCluster({ membershipWindowMs: request.membershipWindowMs });
        const allowed = Math.max(1, Math.floor(request.maxDeadFraction * memberCount + 1e-9));
        return super.decide({ ...request, maxDeadFraction: (allowed + 1) / memberCount });
      }
    },
  },
  {
    bug: "voters are counted by the registry's clock",
    promises: ['S2'],
    registry: class extends MemoryRegistry {
      override decide(request: Requests['decide']) {
        return super.decide({ ...request, presentSince: Number.MAX_SAFE_INTEGER });
      }
    },
  },
  {
    bug: 'a node that dies in a long maintenance is forgotten',
    promises: ['L1'],
    registry: class extends MemoryRegistry {
      override async readRound(request: Requests['readRound']) {
        const reading = await super.readRound(request);
        const ahead = await Promise.all(reading.successors.map(({ id }) => super.readNode(id)));
        const isSeen = (at: number): boolean =>
          (ahead[at]?.heartbeatAgeMs ?? 0) <= request.membershipWindowMs;
        return { ...reading, successors: reading.successors.filter((_, at) => isSeen(at)) };
      }
    },
  },
  {
    bug: 'the fence does not grow',
    promises: ['S1'],
    registry: class extends MemoryRegistry {
      override async claim(request: Requests['claim']) {
        const result = await super.claim(request);
        return result.outcome === 'claimed' ? { ...result, fence: 1 } : result;
      }
    },
  },
  {
    bug: 'a lease is a moment long',
    promises: ['S1'],
    registry: class extends MemoryRegistry {
      override claim(request: Requests['claim']) {
        return super.claim({ ...request, leaseMs: 1 });
      }
    },
  },
  {
    bug: 'a lost lease is renewed all the same',
    promises: ['S1'],
    registry: class extends MemoryRegistry {
      override async renew(request: Requests['renew']) {
        const result = await super.renew(request);
        return result.outcome === 'lost' ? ({ outcome: 'renewed', hasReturned: false } as const) : result;
      }
    },
  },
  {
    bug: 'no quorum is ever found',
    promises: ['L1'],
    registry: class extends MemoryRegistry {
      override async decide(request: Requests['decide']) {
        return super.decide({ ...request, minQuorum: 100, isQuorumStrict: true });
      }
    },
  },
  {
    bug: 'a recovery that failed is tried again a day later',
    promises: ['L2'],
    registry: class extends MemoryRegistry {
      override finish(request: Requests['finish']) {
        return super.finish({ ...request, retryAfterMs: 86_400_000 });
      }
    },
  },
  {
    bug: 'nobody may claim',
    promises: ['L2'],
    registry: class extends MemoryRegistry {
      override claim() {
        return Promise.resolve({ outcome: 'refused', reason: 'held' } as const);
      }
    },
  },
  {
    bug: 'a node that leaves is not noted',
    promises: ['S3', 'L1', 'L3'],
    registry: class extends MemoryRegistry {
      override leave() {
        return Promise.resolve();
      }
    },
  },
  {
    bug: 'a round reads the whole ring',
    promises: ['C2'],
    registry: class extends MemoryRegistry {
      override readRound(request: Requests['readRound']) {
        return super.readRound({ ...request, lookAhead: 1_000 });
      }
    },
  },
  {
    bug: 'a vote for an earlier life of its target counts',
    promises: ['S2'],
    registry: class extends MemoryRegistry {
      override async record(entries: Requests['record']) {
        const { nodes } = await super.readCluster({ membershipWindowMs: 1 });
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
    promises: ['S2'],
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
    bug: 'maintenance is not noted',
    promises: ['S3'],
    registry: class extends MemoryRegistry {
      override setMaintenance() {
        return Promise.resolve(true);
      }
    },
  },
  {
    bug: 'anybody may record the end of a recovery, however late',
    promises: ['S1'],
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
    promises: ['L1', 'L4'],
    registry: class extends MemoryRegistry {
      override async readRound(request: Requests['readRound']) {
        const { nodeId, lookAhead, membershipWindowMs } = request;
        const reading = await super.readRound({ ...request, lookAhead: 1_000 });
        const { nodes } = await super.readCluster({ membershipWindowMs });
        const ring = [...reading.successors, ...nodes.filter(({ id }) => id === nodeId)];
        ring.sort((a, b) => (a.id < b.id ? -1 : 1));
        const place = ring.findIndex(({ id }) => compareIds(id, nodeId) > 0);
        const ahead = [...ring.slice(place), ...ring.slice(0, Math.max(0, place))];
        return { ...reading, successors: ahead.filter(({ id }) => id !== nodeId).slice(0, lookAhead) };
      }
    },
  },
  {
    bug: 'a node that was called dead may not come back',
    promises: ['L4'],
    registry: class extends MemoryRegistry {
      override async join(request: Requests['join']) {
        const { verdicts } = await super.readCluster({ membershipWindowMs: 1 });
        if (!verdicts.some(({ nodeId }) => nodeId === request.nodeId)) return super.join(request);
        return { outcome: 'conflict', epoch: request.afterEpoch } as const;
      }
    },
  },
];

describe('the checkers catch', () => {
  it.each(bugs)(`within ${seedLimit} seeds that $bug`, { timeout: 240_000 }, async (bug) => {
    const { seed, seen } = await hunt(bug);
    expect(seed, `only these were reported: ${seen}`).not.toBeNull();
  });
});
