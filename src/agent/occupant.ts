/** Finds out whether the instance that a node's row speaks of is alive: asks it, and where that proves nothing, watches its heartbeat. */
import type { Settings } from '../core/config.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { NodeDetail, Registry } from '../ports/registry.ts';

/** Whether somebody else lives under this id, and how that was noticed. */
export type Occupancy = { readonly isAlive: false } | { readonly isAlive: true; readonly proof: string };

export interface OccupantOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly ports: MonitorPorts;
  /** This process listens at the row's address and port itself, so that nobody else can. */
  readonly isOwnPlace: boolean;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
}

/** Whether a row looks like that of a running instance: it has not left, is not confirmed dead, and its heartbeat is fresh. */
export function isSeeminglyAlive(row: NodeDetail, { heartbeatWindowMs }: Settings): boolean {
  const { lifecycle, isConfirmedDead, heartbeatAgeMs } = row;
  return (
    lifecycle !== 'left' && !isConfirmedDead && heartbeatAgeMs !== null && heartbeatAgeMs < heartbeatWindowMs
  );
}

/**
 * A refused connection is proof that it is gone, an answer as this node proof that it lives. Where neither comes, its
 * heartbeat is watched for one and a half intervals: one that moves is alive. Rejects as the registry does.
 */
export async function occupancyOf(row: NodeDetail, options: OccupantOptions): Promise<Occupancy> {
  const { settings, ports, isOwnPlace } = options;
  const port = row.port ?? settings.probePort;
  const signal = ports.createAbort().signal;
  const place = { id: row.id, address: row.address, port };
  const outcome = await ports.prober.probe(place, { timeoutMs: settings.probeTimeoutMs, signal });
  if (outcome.kind === 'answer') {
    // The original's answer names nobody, so that any answer must be taken for the node's.
    const isThisNode = outcome.nodeId === null ? !row.isNamed : outcome.nodeId === row.id;
    if (isThisNode) return { isAlive: true, proof: `another one answers at ${row.address}, port ${port}` };
  } else if (isOwnPlace || (outcome.kind === 'failure' && outcome.failure === 'refused')) {
    return { isAlive: false };
  }
  return watchHeartbeat(row, `${row.address}, port ${port}`, options);
}

async function watchHeartbeat(row: NodeDetail, place: string, options: OccupantOptions): Promise<Occupancy> {
  const { settings, registry, ports, scope } = options;
  const { heartbeatIntervalMs, registryTimeoutMs } = settings;
  const endsAt = ports.clock.now() + 1.5 * heartbeatIntervalMs;
  while (ports.clock.now() < endsAt) {
    const leftMs = endsAt - ports.clock.now();
    if (!(await scope.wait(Math.min(leftMs, heartbeatIntervalMs / 5)))) break;
    const now = await scope.call(registryTimeoutMs, () => registry.readNode(row.id));
    if (now === null || now.lifecycle === 'left') break;
    if (now.heartbeat !== row.heartbeat || now.epoch !== row.epoch) {
      return { isAlive: true, proof: `another one, last known at ${place}, still sends heartbeats` };
    }
  }
  return { isAlive: false };
}
