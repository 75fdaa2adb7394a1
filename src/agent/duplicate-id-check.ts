/**
 * The duplicate-id check: whether the instance that a node's row is about is alive. It is probed; where the answer proves
 * nothing, its heartbeat is watched.
 */
import type { Settings } from '../core/settings/config.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import type { NodeDetail, Registry } from '../ports/registry.ts';

/** Whether another live instance has this id, and how that was noticed. */
export type DuplicateId =
  | { readonly isDuplicate: false }
  | { readonly isDuplicate: true; readonly proof: string };

export interface DuplicateIdOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly ports: MonitorPorts;
  /** This process listens at the row's address and port itself, so that no other process can. */
  readonly isOwnEndpoint: boolean;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
}

/** Whether a row looks like that of a running instance: it has not left, is not confirmed dead, and its heartbeat is fresh. */
export function isProbablyAlive(row: NodeDetail, { heartbeatWindowMs }: Settings): boolean {
  const { lifecycle, heartbeatAgeMs } = row;
  if (lifecycle === 'left' || lifecycle === 'dead' || heartbeatAgeMs === null) return false;
  return heartbeatAgeMs < heartbeatWindowMs;
}

/**
 * A refused connection proves that the instance is gone; an answer with this node's id proves that it is alive. Without
 * either, its heartbeat is watched for one and a half intervals: if it changes, the instance is alive. Rejects as the
 * registry does.
 */
export async function findDuplicateId(row: NodeDetail, options: DuplicateIdOptions): Promise<DuplicateId> {
  const { settings, ports, isOwnEndpoint } = options;
  const port = row.port ?? settings.probePort;
  const signal = ports.createAbort().signal;
  const target = { id: row.id, address: row.address, port };
  const outcome = await ports.prober.probe(target, { timeoutMs: settings.probeTimeoutMs, signal });
  if (outcome.kind === 'answer') {
    // The original's answer has no node id, so any answer must be taken as this node's.
    const isThisNode = outcome.nodeId === null ? !row.isNamed : outcome.nodeId === row.id;
    if (isThisNode)
      return { isDuplicate: true, proof: `another one answers at ${row.address}, port ${port}` };
  } else if (isOwnEndpoint || (outcome.kind === 'failure' && outcome.failure === 'refused')) {
    return { isDuplicate: false };
  }
  return watchHeartbeat(row, `${row.address}, port ${port}`, options);
}

async function watchHeartbeat(
  row: NodeDetail,
  endpoint: string,
  options: DuplicateIdOptions,
): Promise<DuplicateId> {
  const { settings, registry, ports, scope } = options;
  const { heartbeatIntervalMs, registryTimeoutMs } = settings;
  const endsAt = ports.clock.now() + 1.5 * heartbeatIntervalMs;
  while (ports.clock.now() < endsAt) {
    const leftMs = endsAt - ports.clock.now();
    if (!(await scope.wait(Math.min(leftMs, heartbeatIntervalMs / 5)))) break;
    const now = await scope.call(registryTimeoutMs, () => registry.readNode(row.id));
    if (now === null || now.lifecycle === 'left') break;
    if (now.beatOrder !== row.beatOrder || now.epoch !== row.epoch) {
      return { isDuplicate: true, proof: `another one, last known at ${endpoint}, still sends heartbeats` };
    }
  }
  return { isDuplicate: false };
}
