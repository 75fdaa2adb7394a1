/** Bugs planted into who is called dead, when, and by whom, each with the promise that catches it and within how many seeds. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { detectionBoundMs } from '../../src/sim/checkers/time-bounds.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import { type PlantedBug, type Requests, rewireProber, rewireRegistry } from './planted-bugs.ts';

const pending = { outcome: 'pending', reason: 'votes', voteCount: 1, quorum: 2 } as const;

export const bugsInVerdicts: readonly PlantedBug[] = [
  {
    bug: 'a verdict comes three bounds late',
    promise: 'L1',
    within: 10,
    from: 4,
    rewireFor: (settings) =>
      rewireRegistry((link, { process }) => {
        const askedAt = new Map<string, number>();
        return {
          decide: async (request) => {
            const life = `${request.targetId}#${request.targetEpoch}`;
            const since = askedAt.get(life) ?? process.clock.now();
            askedAt.set(life, since);
            return process.clock.now() - since < 3 * detectionBoundMs(settings)
              ? pending
              : link.decide(request);
          },
        };
      }),
  },
  {
    bug: 'a suspect that answers is neither dead nor recovered',
    promise: 'L3',
    within: 90,
    from: 84,
    rewireFor: ({ suspectAfter, deadAfter }) =>
      rewireProber((probe) => {
        const missCounts = new Map<string, number>();
        return async (target, options) => {
          const outcome = await probe(target, options);
          const missCount = missCounts.get(target.id) ?? 0;
          if (outcome.kind === 'failure') missCounts.set(target.id, missCount + 1);
          if (outcome.kind !== 'answer') return outcome;
          if (missCount >= suspectAfter && missCount < deadAfter) return { kind: 'aborted' };
          missCounts.delete(target.id);
          return outcome;
        };
      }),
  },
  {
    bug: 'a recovery begins for an epoch that is over',
    promise: 'S3',
    within: 10,
    registry: class extends MemoryRegistry {
      readonly #passedOver = new Set<string>();
      override async claim(request: Requests['claim']) {
        const { nodeId, epoch } = request;
        const { verdicts } = await super.readCluster({});
        const verdict = verdicts.find((row) => row.nodeId === nodeId && row.epoch === epoch);
        const isOpen = verdict !== undefined && verdict.resolution === null;
        const result = await super.claim(request);
        const life = `${nodeId}#${epoch}`;
        const isPassedOver = result.outcome === 'refused' && result.reason === 'resolved';
        if (!isOpen || !isPassedOver || this.#passedOver.has(life)) return result;
        this.#passedOver.add(life);
        return { outcome: 'claimed', fence: 1_000_000 + this.#passedOver.size, verdict } as const;
      }
    },
  },
  {
    bug: 'a verdict is made on an epoch that is over',
    promise: 'S3',
    within: 10,
    registry: class extends MemoryRegistry {
      override async decide(request: Requests['decide']) {
        const result = await super.decide(request);
        if (result.outcome !== 'alive' || result.reason !== 'newer-epoch') return result;
        const { targetId: nodeId, targetEpoch: epoch } = request;
        const nobody = { decidedAt: 0, quorum: 1, votes: [], resolution: null, ownerId: null };
        const verdict = {
          nodeId,
          epoch,
          ...nobody,
          fence: 0,
          attemptCount: 0,
          lastError: null,
          reason: null,
        };
        return { outcome: 'dead', isNew: true, verdict } as const;
      }
    },
  },
  {
    bug: 'an observer does not notice that it stood still',
    promise: 'S4',
    within: 10,
    from: 7,
    faults: ({ options, settings, faultsBeginAt, faultsEndAt }) => [
      {
        at: faultsBeginAt,
        kind: 'slow',
        nodeIds: nodeIdsOf(options.nodes).slice(0, 1),
        durationMs: faultsEndAt - faultsBeginAt,
        // Longer than the longest wait for a timer of its own, so that it must be noticed.
        stallMs: 2 * settings.probeIntervalMs + settings.stallThresholdMs,
        freeMs: settings.probeIntervalMs / 10,
        timers: 'stop',
      },
    ],
    settings: () => ({ stallThresholdMs: 86_400_000 }),
  },
  {
    bug: 'a node that is voted dead is not believed when it answers',
    promise: 'S4',
    within: 10,
    rewireFor: ({ deadAfter }) =>
      rewireProber((probe) => {
        const missCounts = new Map<string, number>();
        return async (target, options) => {
          const outcome = await probe(target, options);
          const missCount = missCounts.get(target.id) ?? 0;
          if (outcome.kind === 'failure') missCounts.set(target.id, missCount + 1);
          if (outcome.kind !== 'answer') return outcome;
          if (missCount >= deadAfter) return { kind: 'aborted' };
          missCounts.delete(target.id);
          return outcome;
        };
      }),
  },
];
