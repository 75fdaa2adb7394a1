/** Begins an epoch for a monitor whose program has begun none, and sends its heartbeats. */
import type { Settings } from '../core/config.ts';
import type { Registry } from '../ports/registry.ts';
import type { CancelScope } from './cancel-scope.ts';
import { Heartbeat } from './heartbeat.ts';
import { newId } from './identity.ts';
import type { MonitorPorts } from './options.ts';
import type { Outage } from './outage.ts';

export interface OwnEpochOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly ports: MonitorPorts;
  /** Undefined for the default one. */
  readonly clusterName: string | undefined;
  readonly hasHandler: boolean;
  /** The newest epoch that this process has had; 0 for none. */
  readonly newestEpoch: number;
  readonly scope: CancelScope;
  /** The registry does not know the epoch any more; its heartbeats have ended. */
  readonly onForgotten: () => void;
  readonly outage: Outage;
}

/**
 * The epoch, or null when the monitor was stopped before. Waits for the registry as long as it takes. The heartbeats
 * go on until the scope is cancelled. The node's own row in `dns_nodes` stays as it is.
 */
export async function runOwnEpoch(options: OwnEpochOptions): Promise<number | null> {
  const epoch = await beginEpoch(options);
  if (epoch === null) return null;
  options.outage.noteSuccess('begin');
  startHeartbeat(options, epoch);
  return epoch;
}

function startHeartbeat(
  { settings, registry, ports, scope, outage, onForgotten }: OwnEpochOptions,
  epoch: number,
): void {
  const heartbeat = new Heartbeat({
    self: { nodeId: settings.nodeId, epoch },
    registry,
    clock: ports.clock,
    random: ports.random,
    intervalMs: settings.heartbeatIntervalMs,
    membershipWindowMs: settings.membershipWindowMs,
    timeoutMs: settings.registryTimeoutMs,
    // The monitor learns from its next reading that the epoch is over.
    onOver: () => {},
    onForgotten,
    onTaken: () => outage.noteSuccess('heartbeat'),
    onFailure: (error) => outage.noteFailure('heartbeat', error),
  });
  void heartbeat.run();
  void scope.whenCancelled().then(() => heartbeat.stop());
}

function beginEpoch(options: OwnEpochOptions): Promise<number | null> {
  const { settings, registry, ports, clusterName, hasHandler, newestEpoch, scope, outage } = options;
  const { nodeId } = settings;
  const instanceId = newId(ports.random);
  const endpoint = { address: null, internalAddress: null, port: null, region: null, isNamed: false };
  const begin = async (): Promise<number> => {
    await registry.migrate();
    const before = await registry.readNode(nodeId);
    const afterEpoch = before?.epoch ?? 0;
    if (before?.instanceId === instanceId) return afterEpoch;
    const result = await registry.join({
      ...{ nodeId, ...endpoint, hasHandler, instanceId },
      ...{ afterEpoch, newestEpoch, ...(clusterName === undefined ? {} : { clusterName }) },
    });
    if (result.outcome === 'joined') return result.epoch;
    throw new Error(`epoch ${result.newestEpoch} of this node has begun meanwhile`);
  };
  return scope.retry(
    settings.probeIntervalMs,
    () => scope.call(settings.registryTimeoutMs, begin),
    (error) => outage.noteFailure('begin', error),
  );
}
