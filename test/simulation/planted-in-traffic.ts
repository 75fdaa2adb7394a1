/** Bugs planted into what a node sends and reads, each with the promise that catches it and within how many seeds. */
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { type PlantedBug, type Requests, rewireProber, rewireRegistry } from './planted-bugs.ts';

export const bugsInTraffic: readonly PlantedBug[] = [
  {
    bug: 'two probes at once go to a target',
    promise: 'C1',
    within: 5,
    rewire: rewireProber((probe) => async (target, options) => {
      const [first] = await Promise.all([probe(target, options), probe(target, options)]);
      return first;
    }),
  },
  {
    bug: 'every probe is sent three times, one after the other',
    promise: 'C1',
    within: 5,
    rewire: rewireProber((probe) => async (target, options) => {
      await probe(target, options);
      await probe(target, options);
      return probe(target, options);
    }),
  },
  {
    bug: 'the cap of the watch list is not looked at',
    promise: 'C1',
    within: 15,
    from: 11,
    settings: () => ({ watchListCap: 1_000 }),
  },
  {
    bug: 'a round reads the whole ring',
    promise: 'C2',
    within: 15,
    from: 9,
    registry: class extends MemoryRegistry {
      override readRound(request: Requests['readRound']) {
        return super.readRound({ ...request, lookAhead: 1_000 });
      }
    },
  },
  {
    bug: 'a round looks 60 nodes ahead',
    promise: 'C2',
    within: 10,
    rewire: rewireRegistry((link) => ({
      readRound: (request) => link.readRound({ ...request, lookAhead: Math.max(request.lookAhead, 60) }),
    })),
  },
  {
    bug: 'a round asks for every node that was ever seen',
    promise: 'C2',
    within: 15,
    from: 11,
    rewire: rewireRegistry((link) => {
      const seen = new Set<string>();
      return {
        readRound: async (request) => {
          const reading = await link.readRound({ ...request, watched: [...seen, ...request.watched] });
          for (const { id } of reading.successors) seen.add(id);
          for (const { verdict } of reading.openVerdicts)
            for (const { observerId } of verdict.votes) seen.add(observerId);
          return reading;
        },
      };
    }),
  },
  {
    bug: 'a round reads the verdicts that are closed too',
    promise: 'C2',
    within: 5,
    registry: class extends MemoryRegistry {
      override async readRound(request: Requests['readRound']) {
        const reading = await super.readRound(request);
        const { verdicts } = await super.readCluster({});
        const closed = verdicts.filter(({ resolution }) => resolution !== null);
        const openVerdicts = closed.map((verdict) => ({ verdict, isClaimable: false }));
        return { ...reading, openVerdicts: [...reading.openVerdicts, ...openVerdicts] };
      }
    },
  },
];
