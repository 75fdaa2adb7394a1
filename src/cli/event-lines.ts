/**
 * What `agent --events` prints: one JSON line an event, under the name and with the fields that it has for a program.
 * `nodeId` is this node, `targetId` the one that is spoken of; `at` is this agent's own wall clock, for readers: nothing is
 * decided by it.
 */
import { type AgentEvents, agentEventNames } from '../agent/events.ts';

/** One line; further fields depend on the event. */
export interface EventLine {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: string;
  readonly nodeId: string;
  readonly targetId?: string | null;
  readonly [field: string]: unknown;
}

/** What is printed: all but what is inside each round, and what another event tells better. */
export function printedEvents(withProbes: boolean): readonly (keyof AgentEvents)[] {
  return agentEventNames.filter((name) => name !== 'verdict-read' && (name !== 'probe' || withProbes));
}

/** The line of an agent's event. */
export function eventLine<Name extends keyof AgentEvents>(
  name: Name,
  payload: AgentEvents[Name],
  { nodeId, at }: { readonly nodeId: string; readonly at: Date },
): EventLine {
  const facts: Readonly<Record<string, unknown>> = { ...payload };
  const { durationMs } = facts;
  const rounded = typeof durationMs === 'number' ? { durationMs: Math.round(durationMs) } : {};
  // A person who wants to kill this node needs its process.
  const own = name === 'joined' && facts['targetId'] === nodeId ? { pid: process.pid } : {};
  return { at: at.toISOString(), event: name, nodeId, ...facts, ...rounded, ...own };
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
  const { at, event, nodeId, targetId } = value as Record<string, unknown>;
  const isAboutNode = typeof targetId === 'string' || targetId === null || targetId === undefined;
  return typeof at === 'string' && typeof event === 'string' && typeof nodeId === 'string' && isAboutNode;
}
