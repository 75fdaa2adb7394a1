/** Bugs planted into who counts as silent, and who is on the ring, each with the promise that catches it and within how many seeds. */
import type { DecideRequest } from '../../src/ports/registry.ts';
import type { ProgramParts } from '../../src/sim/program.ts';
import { type PlantedBug, type Rewire, rewireRegistry } from './planted-bugs.ts';

interface OwnBeat {
  readonly order: number;
  readonly seenAt: number;
}

/** Asks with another watch, made of the own heartbeats that were read so far: oldest first, with no break between them. */
function watchBy(watchOf: (beats: readonly OwnBeat[], now: number) => OwnBeat | undefined): Rewire {
  return rewireRegistry((link, { process: { clock } }) => {
    const beats: OwnBeat[] = [];
    return {
      readRound: async (request) => {
        const reading = await link.readRound(request);
        const order = reading.ownBeat?.order ?? 0;
        if (order > (beats.at(-1)?.order ?? 0)) beats.push({ order, seenAt: clock.now() });
        return reading;
      },
      decide: (request) => {
        const watchedSince = watchOf(beats, clock.now())?.order ?? null;
        return link.decide({ ...request, watchedSince, newestBeat: beats.at(-1)?.order ?? 0 });
      },
    };
  });
}

/** Asks with a changed watch. */
function watchEdited(watch: Partial<DecideRequest>): Rewire {
  return rewireRegistry((link) => ({ decide: (request) => link.decide({ ...request, ...watch }) }));
}

/** The nodes that have sent a heartbeat within that time by the registry's clock. No node can ask for that at once. */
async function seenWithin(windowMs: number, { registry }: ProgramParts) {
  const { nodes } = await registry.leader.readCluster({});
  return nodes.filter(({ heartbeatAgeMs }) => heartbeatAgeMs !== null && heartbeatAgeMs <= windowMs);
}

export const bugsInWatch: readonly PlantedBug[] = [
  {
    bug: 'a node is silent when its heartbeat comes before the newest one of the asker',
    promise: 'S2',
    within: 10,
    from: 8,
    rewire: watchBy((beats) => beats.at(-1)),
  },
  {
    bug: 'a watch of one heartbeat is a full one',
    promise: 'S2',
    within: 30,
    from: 28,
    rewireFor: ({ heartbeatIntervalMs }) =>
      watchBy((beats, now) => beats.findLast(({ seenAt }) => now - seenAt >= heartbeatIntervalMs)),
  },
  {
    bug: 'a registry that went back keeps its generation',
    promise: 'L1',
    within: 10,
    faults: ({ faultsEndAt }) => [
      { at: faultsEndAt - 1, kind: 'restore', agoMs: Math.round(0.8 * faultsEndAt) },
    ],
    rewire: rewireRegistry(() => ({ raise: async () => 'current' })),
  },
  {
    bug: "silence is measured by the registry's clock",
    promise: 'S2',
    within: 10,
    from: 7,
    rewireFor: ({ heartbeatWindowMs }) =>
      rewireRegistry((link, parts) => ({
        decide: async (request) => {
          const seen = await seenWithin(heartbeatWindowMs, parts);
          const watchedSince = Math.min(...seen.map(({ beatOrder }) => beatOrder), Number.MAX_SAFE_INTEGER);
          return link.decide({ ...request, watchedSince, newestBeat: 0 });
        },
      })),
  },
  {
    bug: 'no node is ever silent',
    promise: 'L1',
    within: 25,
    from: 20,
    rewire: watchEdited({ watchedSince: null }),
  },
  {
    bug: 'a node that was not seen for the membership window is taken off the ring',
    promise: 'L1',
    within: 10,
    from: 4,
    rewireFor: ({ membershipWindowMs }) =>
      rewireRegistry((link, parts) => ({
        readRound: async (request) => {
          const reading = await link.readRound(request);
          const seen = new Set((await seenWithin(membershipWindowMs, parts)).map(({ id }) => id));
          return { ...reading, successors: reading.successors.filter(({ id }) => seen.has(id)) };
        },
      })),
  },
];
