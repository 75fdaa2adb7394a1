/**
 * What `agent --events` prints: one JSON line an event. `node` is whom it is about, `observer` who says it; `at` is
 * that agent's own wall clock, for readers: nothing is decided by it.
 */
import type { AgentEvents } from '../agent/events.ts';

/** One line; further fields depend on the event. */
export interface EventLine {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: string;
  readonly node: string | null;
  readonly observer: string;
  readonly [field: string]: unknown;
}

interface Facts {
  readonly node: string | null;
  readonly [field: string]: unknown;
}

type Describe = {
  readonly [Name in keyof AgentEvents]: (payload: AgentEvents[Name], observer: string) => Facts;
};

const describe: Describe = {
  probe: ({ targetId, targetEpoch, result, failure, detail, durationMs, missCount }) => ({
    ...about(targetId, targetEpoch),
    ...{ result, failure, detail, durationMs: Math.round(durationMs), missCount },
  }),
  suspect: ({ targetId, targetEpoch, evidence }) => ({ ...about(targetId, targetEpoch), evidence }),
  dead: ({ targetId, targetEpoch, evidence }) => ({ ...about(targetId, targetEpoch), evidence }),
  recovered: ({ targetId, targetEpoch, was }) => ({ ...about(targetId, targetEpoch), was }),
  restarted: ({ targetId, epoch, previousEpoch }) => ({ ...about(targetId, epoch), previousEpoch }),
  unreachable: ({ targetId, targetEpoch }) => about(targetId, targetEpoch),
  verdict: ({ verdict: { nodeId, epoch, quorum, votes, reason } }) => ({
    ...about(nodeId, epoch),
    ...{ quorum, voters: votes.map(({ observerId }) => observerId) },
    ...(reason === null ? {} : { reason }),
  }),
  obituary: ({ epoch, reason, outcome }, observer) => ({ ...about(observer, epoch), reason, outcome }),
  refuted: ({ accuserIds }, observer) => ({ node: observer, accusers: accuserIds }),
  selfDead: ({ epoch, reason }, observer) => ({ ...about(observer, epoch), reason }),
  brake: ({ targetId, isOn, unresolvedCount, limit }) => ({ node: targetId, isOn, unresolvedCount, limit }),
  registryWentBack: ({ generation }) => ({ node: null, generation }),
  watching: ({ targetIds }) => ({ node: null, targets: targetIds }),
  warning: ({ nodeId, code, message }) => ({ node: nodeId, code, message }),
  recoveryStarted: ({ nodeId, epoch, fence, attempt }) => ({ ...about(nodeId, epoch), fence, attempt }),
  recoveryEnded: ({ nodeId, epoch, fence, outcome, error, durationMs }) => ({
    ...about(nodeId, epoch),
    ...{ fence, outcome, error, durationMs: Math.round(durationMs) },
  }),
  outage: ({ isOn, fails, message }) => ({ node: null, isOn, fails, message }),
  joined: ({ nodeId, epoch, address, port }) => ({
    ...about(nodeId, epoch),
    address,
    port,
    pid: process.pid,
  }),
  left: ({ nodeId, epoch }) => about(nodeId, epoch),
  check: ({ isHealthy, reason }, observer) => ({ node: observer, isHealthy, reason }),
};

function about(node: string, epoch: number): { readonly node: string; readonly epoch: number } {
  return { node, epoch };
}

/** Every event of an agent, for subscribing to all of them. */
export const eventNames = Object.keys(describe) as readonly (keyof AgentEvents)[];

/** The line of an agent's event. */
export function eventLine<Name extends keyof AgentEvents>(
  name: Name,
  payload: AgentEvents[Name],
  { observer, at }: { readonly observer: string; readonly at: Date },
): EventLine {
  const { node, ...facts } = describe[name](payload, observer);
  return { at: at.toISOString(), event: kebab(name), node, observer, ...facts };
}

/** Reads a line back; null when it is not one. */
export function parseEventLine(line: string): EventLine | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEventLine(value) ? value : null;
  } catch {
    return null;
  }
}

function isEventLine(value: unknown): value is EventLine {
  if (typeof value !== 'object' || value === null) return false;
  const { at, event, node, observer } = value as Record<string, unknown>;
  const isAboutNode = typeof node === 'string' || node === null;
  return typeof at === 'string' && typeof event === 'string' && typeof observer === 'string' && isAboutNode;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
