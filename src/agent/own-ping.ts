/** Makes the ping server of an agent: it learns its observers from the registry, and warns of a crowd. */

import type { WarningCode } from '../core/effects.ts';
import type { NodeRecord } from '../core/node.ts';
import type { Settings } from '../core/settings/config.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import { OncePer } from '../monitor/once-per.ts';
import type { Signals } from '../monitor/signals.ts';
import type { Clock } from '../ports/clock.ts';
import type { Registry } from '../ports/registry.ts';
import type { Signer } from '../ports/signer.ts';
import { PingServer, type PingState, type PingTrouble } from './ping-server.ts';

export interface OwnPingOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
  readonly state: () => PingState;
  readonly signer: Signer | undefined;
  /** Whether it has a port of its own. Else its connections are the program's, and none of them is closed. */
  readonly listen: boolean;
  /** The present epoch, and what its monitor is to know; null while there is none. */
  readonly current: () => { readonly epoch: number; readonly monitor: { readonly signals: Signals } } | null;
  readonly warn: (warning: {
    readonly code: WarningCode;
    readonly message: string;
    readonly targetId: null;
  }) => void;
}

/** A crowd may stay for days. */
const warnEveryMs = 600_000;

/** Answers with what `state` says. It listens when it is told to. */
export function createPingServer({
  settings,
  registry,
  clock,
  scope,
  state,
  signer,
  listen,
  current,
  warn,
}: OwnPingOptions): PingServer {
  const { nodeId, probeIntervalMs, registryTimeoutMs } = settings;
  const warnings = new OncePer<PingTrouble>({ capacity: 5, repeatAfterMs: warnEveryMs });
  const readNodes = async (watched: readonly string[]): Promise<readonly NodeRecord[]> => {
    const request = { nodeId, epoch: 0, lookAhead: 1, watched };
    const reading = await scope.call(registryTimeoutMs, () => registry.readRound(request));
    return [...reading.successors, ...reading.watched];
  };
  return new PingServer({
    nodeId,
    state,
    epoch: () => current()?.epoch ?? null,
    signer,
    ...(listen ? {} : { connectionCap: Number.POSITIVE_INFINITY }),
    onLook: (message, sender) => current()?.monitor.signals.receive(message, sender),
    onProbe: (sender) => current()?.monitor.signals.noteProbe(sender),
    onObserverClosed: (sender) => current()?.monitor.signals.noteObserverClosed(sender),
    keepAliveMs: Math.max(75_000, 3 * probeIntervalMs),
    roundMs: probeIntervalMs,
    readNodes,
    onTrouble: (trouble, what) => {
      if (warnings.isDue(trouble, clock.now()))
        warn({ code: 'ping-port', message: `${sentences[trouble]} (${what})`, targetId: null });
    },
  });
}

const sentences = {
  crowd: 'the ping port has too many connections, so those are closed that were idle longest',
  name: 'a probe names a sender that no node can be, so it is answered as that of a stranger',
  look: 'requests to look at a node are refused',
  signature: 'probes or requests that name their sender have no good signature',
  closed: 'the ping port is closed, so no observer can reach this node: restart it',
} as const;
