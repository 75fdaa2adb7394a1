/**
 * Which nodes a plan of faults makes sick, and when. A pause, a stall, a hang, an impostor, a sidecar that restarts, a cut or a spoilt link
 * makes each node sick that it names. It does so from its beginning until two rounds and a timeout after its end. By then every observer has seen the node
 * well again. Of a cut the smaller side is sick, or both when they are equal. Weather that hits all, clocks and the
 * registry make no node sick.
 */
import type { Settings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';

interface Spell {
  readonly fromAt: number;
  readonly toAt: number;
}

/** Says whether a node is sick at an instant of the plan's own time. */
export type IsSick = (nodeId: string, at: number) => boolean;

/** Reads the plan. */
export function sicknessOf(plan: readonly PlannedFault[], settings: Settings): IsSick {
  const afterMs = 2 * settings.probeIntervalMs + settings.probeTimeoutMs;
  const spells = new Map<string, Spell[]>();
  for (const fault of plan) {
    if (!('durationMs' in fault)) continue;
    const spell = { fromAt: fault.at, toAt: fault.at + fault.durationMs + afterMs };
    for (const nodeId of namedBy(fault)) spells.set(nodeId, [...(spells.get(nodeId) ?? []), spell]);
  }
  return (nodeId, at) => spells.get(nodeId)?.some(({ fromAt, toAt }) => fromAt <= at && at <= toAt) ?? false;
}

function namedBy(fault: PlannedFault): readonly string[] {
  switch (fault.kind) {
    case 'pause':
      return [fault.nodeId];
    case 'slow':
    case 'hang':
    case 'impostor':
    case 'sidecar':
      return fault.nodeIds;
    case 'link':
      return [...new Set([...(fault.fault.from ?? []), ...(fault.fault.to ?? [])])];
    case 'cut': {
      const [some, others] = [fault.some, fault.others].map((side) =>
        side.filter((id) => id !== registryHost),
      );
      if (some === undefined || others === undefined) return [];
      if (some.length === others.length) return [...some, ...others];
      return some.length < others.length ? some : others;
    }
    default:
      return [];
  }
}
