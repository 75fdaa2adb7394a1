/** Begins an epoch of this node, unless another instance of it is alive. Waits for the registry as long as it takes. */
import type { Settings } from '../core/config.ts';
import type { CancelScope } from '../monitor/cancel-scope.ts';
import { newId } from '../monitor/identity.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import { type JoinRequest, type NodeDetail, type Registry, RegistryError } from '../ports/registry.ts';
import { NodeIdInUseError } from './errors.ts';
import { isSeeminglyAlive, type Occupancy, occupancyOf } from './occupant.ts';

export interface JoiningOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly ports: MonitorPorts;
  readonly place: Pick<JoinRequest, 'address' | 'internalAddress' | 'port' | 'region'>;
  readonly hasHandler: boolean;
  /** Takes the place of a living instance. */
  readonly replace: boolean;
  /** The epoch that this process had before; null at its start. */
  readonly previous: Epoch | null;
  /** Cancelled when the agent stops. */
  readonly scope: CancelScope;
  readonly onFailure: (error: unknown) => void;
}

/** One epoch that this process has begun. */
export interface Epoch {
  readonly epoch: number;
  readonly instanceId: string;
}

export type Joining =
  | ({ readonly kind: 'joined' } & Epoch)
  /** The agent stops. With `instanceId` the registry may have begun, or may yet begin, an epoch for it. */
  | { readonly kind: 'stopped'; readonly instanceId: string | null }
  /** An operator took the node out of the cluster while its previous epoch ran. */
  | { readonly kind: 'removed' };

/** How often another instance may come between looking and joining. */
const conflictLimit = 5;

const firstDelayMs = 100;

/** Rejects with `NodeIdInUseError`, or with a `RegistryError` that repeating does not mend. */
export async function joinCluster(options: JoiningOptions): Promise<Joining> {
  const { settings, ports, scope, onFailure } = options;
  const instanceId = newId(ports.random);
  let mayHaveJoined = false;
  let conflictCount = 0;
  for (let delayMs = firstDelayMs; !scope.isCancelled; ) {
    try {
      const before = await look(options);
      if (before?.instanceId === instanceId) return { kind: 'joined', epoch: before.epoch, instanceId };
      if (isRemoved(options, before)) return { kind: 'removed' };
      await refuseLivingOccupant(options, before);
      if (scope.isCancelled) break;
      mayHaveJoined = true;
      const result = await join(options, instanceId, before?.epoch ?? 0);
      if (result.outcome === 'joined') return { kind: 'joined', epoch: result.epoch, instanceId };
      mayHaveJoined = false;
      conflictCount++;
      if (conflictCount >= conflictLimit) {
        throw new NodeIdInUseError(
          settings.nodeId,
          `other instances have begun ${conflictCount} epochs meanwhile`,
        );
      }
    } catch (error) {
      if (!(error instanceof RegistryError && error.isRepeatable)) throw error;
      if (error.code === 'unavailable') mayHaveJoined = false;
      if (!scope.isCancelled) onFailure(error);
      await scope.wait(delayMs);
      delayMs = Math.min(delayMs * 2, settings.probeIntervalMs);
    }
  }
  return { kind: 'stopped', instanceId: mayHaveJoined ? instanceId : null };
}

function look({ settings, registry, scope }: JoiningOptions): Promise<NodeDetail | null> {
  return scope.call(settings.registryTimeoutMs, async () => {
    await registry.migrate();
    return registry.readNode(settings.nodeId);
  });
}

function join(
  { settings, registry, scope, place, hasHandler }: JoiningOptions,
  instanceId: string,
  afterEpoch: number,
): ReturnType<Registry['join']> {
  const request = { nodeId: settings.nodeId, ...place, isNamed: true, hasHandler, instanceId, afterEpoch };
  return scope.call(settings.registryTimeoutMs, () => registry.join(request));
}

function isRemoved({ previous }: JoiningOptions, before: NodeDetail | null): boolean {
  return previous !== null && before?.epoch === previous.epoch && before.lifecycle === 'left';
}

async function refuseLivingOccupant(options: JoiningOptions, before: NodeDetail | null): Promise<void> {
  const { settings, registry, ports, place, previous, replace, scope } = options;
  if (replace || before === null || before.instanceId === previous?.instanceId) return;
  if (!isSeeminglyAlive(before, settings)) return;
  // Whoever took this process's place while it held its port is certainly not at that port.
  const isOwnPlace =
    previous === null &&
    before.address === (place.internalAddress ?? place.address) &&
    before.port === place.port;
  const occupancy: Occupancy = await occupancyOf(before, { settings, registry, ports, isOwnPlace, scope });
  if (occupancy.isAlive) throw new NodeIdInUseError(settings.nodeId, occupancy.proof);
}
