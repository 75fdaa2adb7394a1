/** Begins an epoch for a monitor whose program has begun none, and sends its heartbeats. */
import type { Settings } from '../core/settings/config.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';
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
  readonly hasHandler: () => boolean;
  readonly scope: CancelScope;
  readonly onBegun: (epoch: number) => void;
  readonly outage: Outage;
}

/**
 * Begins an epoch, and another one whenever the registry has forgotten it, until the scope is cancelled. Waits for the
 * registry as long as it takes; rejects where no repetition can cure what it says. The node's own row in `dns_nodes` stays as
 * it is.
 */
export async function runOwnEpochs(options: OwnEpochOptions): Promise<void> {
  const { scope, outage, onBegun } = options;
  for (let newestEpoch = 0; !scope.isCancelled; ) {
    const epoch = await beginEpoch(options, newestEpoch);
    if (epoch === null) return;
    newestEpoch = epoch;
    outage.noteSuccess('begin');
    if (scope.isCancelled) return;
    onBegun(epoch);
    await Promise.race([whenForgotten(options, epoch), scope.whenCancelled()]);
  }
}

/** Sends heartbeats until the registry does not know the epoch any more. */
function whenForgotten(options: OwnEpochOptions, epoch: number): Promise<void> {
  return new Promise((resolve) => startHeartbeat(options, epoch, resolve));
}

function startHeartbeat(
  { settings, registry, ports, scope, outage }: OwnEpochOptions,
  epoch: number,
  onForgotten: () => void,
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

function beginEpoch(options: OwnEpochOptions, newestEpoch: number): Promise<number | null> {
  const { settings, registry, ports, clusterName, hasHandler, scope, outage } = options;
  const { nodeId } = settings;
  const instanceId = newId(ports.random);
  const endpoint = { address: null, internalAddress: null, port: null, region: null, isNamed: false };
  const begin = async (): Promise<number> => {
    await registry.migrate();
    const before = await registry.readNode(nodeId);
    const afterEpoch = before?.epoch ?? 0;
    if (before?.instanceId === instanceId) return afterEpoch;
    const result = await registry.join({
      ...{ nodeId, ...endpoint, hasHandler: hasHandler(), instanceId },
      ...{ afterEpoch, newestEpoch, ...(clusterName === undefined ? {} : { clusterName }) },
    });
    if (result.outcome === 'joined') return result.epoch;
    throw new RegistryError('unavailable', `epoch ${result.newestEpoch} of this node has begun meanwhile`);
  };
  return scope.retryCurable(
    settings.probeIntervalMs,
    () => scope.call(settings.registryTimeoutMs, begin),
    (error) => outage.noteFailure('begin', error),
  );
}
