/** Bugs planted into what an observer may take for evidence, each with the promise that catches it and within how many seeds. */
import { timeToDeathMs } from '../../src/core/settings/config.ts';
import type { PlannedFault } from '../../src/sim/fault-plan.ts';
import { nodeIdsOf } from '../../src/sim/world.ts';
import { type PlantedBug, rewireRegistry } from './planted-bugs.ts';

/** The connections to each node are closed in turn, while all processes live. */
const closedInTurn: NonNullable<PlantedBug['faults']> = ({ options, settings, faultsBeginAt }) =>
  nodeIdsOf(options.nodes).map(
    (nodeId, index): PlannedFault => ({
      at: faultsBeginAt + index * 4 * settings.probeIntervalMs,
      kind: 'proxy-restart',
      nodeIds: [nodeId],
      how: 'closed',
    }),
  );

export const bugsInSilences: readonly PlantedBug[] = [
  {
    bug: 'a vote needs no proof of the own network',
    promise: 'S4',
    within: 10,
    from: 4,
    without: ['fresh-proof'],
  },
  {
    bug: 'a node reads as often as though it always suspected itself',
    promise: 'C2',
    within: 5,
    rewire: rewireRegistry((link) => ({
      readRound: async (request) => {
        for (let count = 0; count < 12; count++) await link.readRound(request);
        return link.readRound(request);
      },
    })),
  },
  {
    bug: 'a connection that closes is taken for a death',
    promise: 'S4',
    within: 10,
    isFor: ({ settings }) => settings.hints,
    faults: closedInTurn,
    rewireFor: (settings) => (wires, parts) => {
      const { prober } = wires.ports;
      const closedAt = new Map<string, number>();
      prober.onClosed?.((targetId) => void closedAt.set(targetId, parts.scheduler.now));
      const isTakenForDead = (targetId: string): boolean =>
        parts.scheduler.now - (closedAt.get(targetId) ?? Number.NEGATIVE_INFINITY) <
        2 * timeToDeathMs(settings);
      const probe: typeof prober.probe = (target, options) =>
        isTakenForDead(target.id)
          ? Promise.resolve({ kind: 'failure', failure: 'refused', detail: 'it has closed', durationMs: 0 })
          : prober.probe(target, options);
      const onClosed = prober.onClosed?.bind(prober);
      const planted = { probe, close: () => prober.close(), ...(onClosed === undefined ? {} : { onClosed }) };
      return { ...wires, ports: { ...wires.ports, prober: planted } };
    },
  },
];
