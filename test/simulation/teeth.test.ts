/** The checkers bite: bugs planted in the registry are caught within a stated number of seeds, by the right promise. */
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import type { PromiseName } from '../../src/sim/checkers/checker.ts';
import { runPlan } from '../../src/sim/swarm.ts';
import { swarmPlan } from '../../src/sim/swarm-plan.ts';

type Requests = { readonly [Method in keyof MemoryRegistry]: Parameters<MemoryRegistry[Method]>[0] };

interface PlantedBug {
  readonly bug: string;
  /** Any of these must be reported. */
  readonly promises: readonly PromiseName[];
  readonly registry: new (options: { readonly now: () => number }) => MemoryRegistry;
}

/** Seeds after which every bug has been caught. */
const seedLimit = 60;

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
];

describe('the checkers catch', () => {
  it.each(bugs)(
    `within ${seedLimit} seeds that $bug`,
    { timeout: 240_000 },
    async ({ promises, registry }) => {
      const seen = new Set<PromiseName>();
      for (let seed = 1; seed <= seedLimit && !promises.some((promise) => seen.has(promise)); seed++) {
        const plan = swarmPlan(seed);
        const createRegistry = (now: () => number) => new registry({ now });
        const { broken } = await runPlan({ ...plan, options: { ...plan.options, createRegistry } });
        for (const { promise } of broken) seen.add(promise);
      }
      expect(
        [...seen].filter((promise) => promises.includes(promise)).length,
        `seen: ${[...seen]}`,
      ).toBeGreaterThan(0);
    },
  );
});
