/**
 * What observers tell each other to look at: asks the others about a target that was missed here, and makes inputs of
 * what others ask. It proves nothing either way. Not for: how a message travels (ports/messenger.ts).
 */
import type { Effect, Input } from '../core/effects.ts';
import type { NodeRecord } from '../core/node.ts';
import type { Settings } from '../core/settings/settings.ts';
import type { DetectorState } from '../core/state.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import type { LookRequest } from '../core/wire/look-message.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import type { Clock } from '../ports/clock.ts';
import type { Messenger } from '../ports/messenger.ts';
import type { EpochRef } from '../ports/registry.ts';
import type { RegistryCalls } from './registry-calls.ts';

export interface LookRequestsOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Undefined: nothing is sent, and nothing is read for it. */
  readonly messenger?: Messenger | undefined;
  readonly calls: Pick<RegistryCalls, 'readNeighbors'>;
  readonly self: () => EpochRef;
}

/** A rack that is lost is missed target by target; a registry that is slow is not asked by all nodes at once. */
const readings = { burst: 8, perSecond: 1 };

export class LookRequests {
  readonly #options: LookRequestsOptions;
  readonly #readings = new TokenBucket(readings);

  constructor(options: LookRequestsOptions) {
    this.#options = options;
  }

  /**
   * Asks the target's other observers, and the nodes that it observes: they know of it as well. Nodes that name themselves
   * in no ping answer have no agent that could be asked.
   */
  async askOthers({
    targetId,
    targetEpoch,
    isNoticed,
  }: Extract<Effect, { kind: 'ask-others' }>): Promise<void> {
    const { settings, clock, messenger, calls, self } = this.#options;
    if (messenger === undefined || !this.#readings.take(clock.now())) return;
    const neighbors = await calls.readNeighbors(targetId);
    if (neighbors === null) return;
    const sender = self();
    const receivers = new Map<string, NodeRecord>();
    for (const node of [...neighbors.predecessors, ...neighbors.successors]) receivers.set(node.id, node);
    for (const { id, address, port, epoch, isNamed } of receivers.values()) {
      if (!isNamed || id === sender.nodeId || id === targetId) continue;
      const receiver = { id, address, port: port ?? settings.probePort, epoch };
      messenger.send(receiver, { kind: 'look', targetId, targetEpoch, isNoticed }, sender);
    }
  }
}

/** The input that another observer's request is; null for one about a node that is not watched, or an epoch that is over. */
export function inputOfLook(
  { targetId, targetEpoch, isNoticed = false }: LookRequest,
  sender: PingSender,
  selfId: string,
  { own, peers, watching }: DetectorState,
): Input | null {
  if (sender.nodeId === selfId) return null;
  if (targetId === selfId) return targetEpoch === own.epoch ? { kind: 'self-suspected' } : null;
  const peer = peers.get(targetId);
  if (peer === undefined || !watching.includes(targetId) || targetEpoch < peer.node.epoch) return null;
  return { kind: 'hinted', targetId, source: 'observer', ...(isNoticed ? { isNoticed } : {}) };
}
