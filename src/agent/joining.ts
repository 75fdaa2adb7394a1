/** Begins an epoch of this node, unless another instance of it is alive. Waits for the registry as long as it takes. */
import type { Settings } from '../core/settings/config.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { newId } from '../monitor/identity.ts';
import type { MonitorPorts } from '../monitor/options.ts';
import {
  type JoinRequest,
  type JoinResult,
  type NodeDetail,
  type Registry,
  RegistryError,
} from '../ports/registry.ts';
import { findDuplicateId, isProbablyAlive } from './duplicate-id-check.ts';
import { NodeIdInUseError } from './errors.ts';
import type { Differing } from './settings-digest.ts';

export interface JoiningOptions {
  readonly settings: Settings;
  readonly registry: Registry;
  readonly ports: MonitorPorts;
  readonly endpoint: Pick<JoinRequest, 'address' | 'internalAddress' | 'port' | 'region'>;
  readonly hasHandler: boolean;
  readonly clusterName: string;
  readonly settingsDigest: string;
  /** Begins an epoch even though another instance is alive. */
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

/** One that has begun now. */
export interface Joined extends Epoch {
  /** Some living nodes with other settings. */
  readonly differing: readonly Differing[];
}

export type Joining =
  | ({ readonly kind: 'joined' } & Joined)
  /** The agent stops. With `instanceId` the registry may have begun, or may yet begin, an epoch for it. */
  | { readonly kind: 'stopped'; readonly instanceId: string | null }
  /** An operator took the node out of the cluster while its previous epoch ran. */
  | { readonly kind: 'removed' };

/** How often another instance may begin an epoch between our reading and our join. */
const conflictLimit = 5;

/** How often this node looks whether a join has taken effect whose answer it waits for. */
const lookBesideJoinMs = 500;

/** Rejects with `NodeIdInUseError`, or with a `RegistryError` that is not repeatable. */
export async function joinCluster(options: JoiningOptions): Promise<Joining> {
  const { settings, ports, scope, onFailure } = options;
  const instanceId = newId(ports.random);
  let mayHaveJoined = false;
  let conflictCount = 0;
  const tryToJoin = async (): Promise<Joining | null> => {
    while (!scope.isCancelled) {
      const before = await look(options);
      // Where a join has taken effect whose answer was lost, the same one again tells what it told.
      if (before?.instanceId !== instanceId) {
        if (isRemoved(options, before)) return { kind: 'removed' };
        await refuseDuplicateId(options, before);
      }
      if (scope.isCancelled) break;
      const result = await joinOrFind(options, instanceId, before?.epoch ?? 0).catch((error: unknown) => {
        mayHaveJoined ||= !(error instanceof RegistryError && error.code === 'unavailable');
        throw error;
      });
      if (result.outcome === 'joined') {
        const { epoch, differing = [] } = result;
        return { kind: 'joined', epoch, instanceId, differing };
      }
      mayHaveJoined = false;
      conflictCount++;
      if (conflictCount >= conflictLimit) {
        throw new NodeIdInUseError(
          settings.nodeId,
          `other instances have begun ${conflictCount} epochs meanwhile`,
        );
      }
    }
    return null;
  };
  const joining = await scope.retryCurable(settings.probeIntervalMs, tryToJoin, onFailure);
  return joining ?? { kind: 'stopped', instanceId: mayHaveJoined ? instanceId : null };
}

function look({ settings, registry, scope }: JoiningOptions): Promise<NodeDetail | null> {
  return scope.call(settings.registryTimeoutMs, async () => {
    await registry.migrate();
    return registry.readNode(settings.nodeId);
  });
}

/**
 * The answer to the join, or what a look beside it shows. From the join on observers miss a node that does not answer yet, and
 * may have found it dead before the time limit of a call whose answer is lost.
 */
async function joinOrFind(
  options: JoiningOptions,
  instanceId: string,
  afterEpoch: number,
): Promise<JoinResult> {
  const looking = new CancelScope(options.ports.clock);
  const { settings, registry, scope } = options;
  const request = requestOf(options, instanceId, afterEpoch);
  const joining = scope.call(settings.registryTimeoutMs, () => registry.join(request));
  const found = find(options, request, looking);
  try {
    return await Promise.race([joining, found.then((result) => result ?? joining)]);
  } finally {
    looking.cancel();
  }
}

/** Looks until the node's row is that of this instance; null when it need not look any longer. Never rejects. */
async function find(
  { settings: { nodeId, registryTimeoutMs }, registry }: JoiningOptions,
  request: JoinRequest,
  looking: CancelScope,
): Promise<JoinResult | null> {
  while (await looking.wait(lookBesideJoinMs)) {
    const node = await looking.call(registryTimeoutMs, () => registry.readNode(nodeId)).catch(() => null);
    if (node?.instanceId !== request.instanceId) continue;
    // The same join again tells who has other settings. For that alone this node must not be missed for longer.
    const again = looking.call(lookBesideJoinMs, () => registry.join(request)).catch(() => null);
    const { epoch } = node;
    return (await again) ?? { outcome: 'joined', epoch };
  }
  return null;
}

function requestOf(
  { settings, endpoint, hasHandler, previous, clusterName, settingsDigest }: JoiningOptions,
  instanceId: string,
  afterEpoch: number,
): JoinRequest {
  return {
    ...{ nodeId: settings.nodeId, ...endpoint, isNamed: true, hasHandler, instanceId, afterEpoch },
    ...{ newestEpoch: previous?.epoch ?? 0, clusterName, settings: settingsDigest },
  };
}

function isRemoved({ previous }: JoiningOptions, before: NodeDetail | null): boolean {
  return previous !== null && before?.epoch === previous.epoch && before.lifecycle === 'left';
}

async function refuseDuplicateId(options: JoiningOptions, before: NodeDetail | null): Promise<void> {
  const { settings, registry, ports, endpoint, previous, replace, scope } = options;
  if (replace || before === null || before.instanceId === previous?.instanceId) return;
  // A restored registry shows an epoch from before this process: what began it has ended since.
  if (previous !== null && before.epoch < previous.epoch) return;
  if (!isProbablyAlive(before, settings)) return;
  // An instance that began while this process held its port is certainly not at that port, though its row may say so.
  const isOwnEndpoint =
    previous === null &&
    before.address === (endpoint.internalAddress ?? endpoint.address) &&
    before.port === endpoint.port;
  const duplicate = await findDuplicateId(before, { settings, registry, ports, isOwnEndpoint, scope });
  if (duplicate.isDuplicate) throw new NodeIdInUseError(settings.nodeId, duplicate.proof);
}
