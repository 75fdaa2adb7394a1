/**
 * Rules of the detector that a world can do without, each by itself, to learn what it buys. All of it is wiring between a
 * node and its ports, and settings: the core knows nothing of it.
 */

import type { NodeRecord } from '../core/node.ts';
import type { Settings } from '../core/settings/config.ts';
import type { Prober } from '../ports/prober.ts';
import type { Registry, RoundRequest } from '../ports/registry.ts';
import type { Wires } from './program.ts';

/**
 * `hints`: closed connections tell an observer nothing. `messages`: observers tell each other nothing. `own-suspicion`: a node
 * learns nothing of who observes it. `fresh-proof`: each node watches a phantom too, which always answers it, so that an
 * observer that is cut off has proof of its own network all the same.
 */
export const rulesThatGoOff = ['hints', 'messages', 'own-suspicion', 'fresh-proof'] as const;

export type RuleOff = (typeof rulesThatGoOff)[number];

/** The settings of a world without those rules. */
export function settingsWithout(rules: readonly RuleOff[], settings: Settings): Partial<Settings> {
  if (!rules.includes('fresh-proof')) return {};
  const neighbors = settings.neighbors + 1;
  return { neighbors, watchListCap: Math.max(settings.watchListCap, neighbors), proofWindowMs: 86_400_000 };
}

/** The wires of a node without those rules. What `own-suspicion` needs is in the program, which hears the probes. */
export function wiresWithout(rules: readonly RuleOff[], wires: Wires): Wires {
  let { registry, ports } = wires;
  if (rules.includes('hints')) {
    const { prober } = ports;
    const deaf: Prober = { probe: prober.probe.bind(prober), close: () => prober.close() };
    ports = { ...ports, prober: deaf };
  }
  if (rules.includes('messages')) ports = { ...ports, messenger: undefined };
  if (rules.includes('fresh-proof')) {
    ports = { ...ports, prober: withPhantom(ports.prober) };
    registry = listsPhantom(registry);
  }
  return { registry, ports };
}

/** The id of no node. */
const phantomId = 'phantom';

function withPhantom(prober: Prober): Prober {
  const { onClosed } = prober;
  return {
    probe: (target, options) =>
      target.id === phantomId
        ? Promise.resolve({ kind: 'answer', nodeId: phantomId, epoch: 1, durationMs: 0 })
        : prober.probe(target, options),
    ...(onClosed === undefined ? {} : { onClosed: onClosed.bind(prober) }),
    close: () => prober.close(),
  };
}

function listsPhantom(registry: Registry): Registry {
  const readRound = async (request: RoundRequest) => {
    const watched = request.watched.filter((id) => id !== phantomId);
    const reading = await registry.readRound({ ...request, watched });
    if (reading.self === null) return reading;
    const phantom: NodeRecord = {
      ...reading.self,
      ...{ id: phantomId, epoch: 1, lifecycle: 'alive', decisionCount: 0, obituary: null, isNamed: true },
    };
    const successors = [phantom, ...reading.successors].slice(0, request.lookAhead);
    const isAsked = watched.length < request.watched.length;
    return { ...reading, successors, watched: isAsked ? [...reading.watched, phantom] : reading.watched };
  };
  return new Proxy(registry, {
    get: (link, name: keyof Registry) => (name === 'readRound' ? readRound : link[name]?.bind(link)),
  });
}
