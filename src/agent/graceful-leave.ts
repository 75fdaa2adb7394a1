/** The graceful leave: a node that stops in order tells the cluster, so that it is never called dead. */
import type { Settings } from '../core/settings/config.ts';
import { withDeadline } from '../monitor/deadline.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { Clock } from '../ports/clock.ts';
import { type Registry, RegistryError } from '../ports/registry.ts';

export interface LeaveOptions {
  readonly nodeId: string;
  /** The epoch to end; null when none is known. */
  readonly epoch: number | null;
  /** An instance whose joining had an unknown result: if it joined after all, its epoch is ended. */
  readonly uncertainInstanceId: string | null;
  readonly registry: Registry;
  readonly clock: Clock;
  /** The whole leave takes no longer. */
  readonly limitMs: number;
}

export type LeaveResult =
  | { readonly kind: 'left'; readonly epoch: number }
  /** There was nothing to leave. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** What a leave that failed means for the node. */
export function leaveError(error: unknown): RegistryError {
  const code = error instanceof RegistryError ? error.code : 'ambiguous';
  const message = `this node could not leave the cluster, so it may be called dead: ${messageOf(error)}`;
  return new RegistryError(code, message, { cause: error });
}

const retryDelayMs = 100;

/** A join that was cut off takes effect within moments, or never. */
const looksAfterUncertainJoin = 3;

/** Half of the 10 s that `docker stop` gives a process before it kills it; other supervisors give more. */
const drainLimitMs = 5_000;

/** A reading may come from a replica that lags by so much. */
const lagMs = 1_000;

/**
 * How long a node that has left goes on answering, so that no observer suspects it. An observer has read of the leave
 * after one round; with `hints`, as soon as it misses the node. It suspects a node only after some time of misses. The
 * result is the difference, at least 0.
 */
export function drainMs(settings: Settings): number {
  const { probeIntervalMs, jitter, probeTimeoutMs, suspectAfter, retryIntervalRefusedMs, hints } = settings;
  const readMs = hints ? lagMs : probeIntervalMs * (1 + jitter) + probeTimeoutMs;
  return Math.min(drainLimitMs, Math.max(0, readMs - (suspectAfter - 1) * retryIntervalRefusedMs));
}

/** Never rejects. */
export async function leaveCluster(options: LeaveOptions): Promise<LeaveResult> {
  const { clock, limitMs } = options;
  const endsAt = clock.now() + limitMs;
  for (;;) {
    try {
      return await withDeadline(clock, Math.max(1, endsAt - clock.now()), () => leaveOnce(options));
    } catch (error) {
      const mayRepeat = error instanceof RegistryError && error.isRepeatable;
      if (!mayRepeat || clock.now() + retryDelayMs >= endsAt) return { kind: 'failed', error };
      await rest(clock);
    }
  }
}

async function leaveOnce(options: LeaveOptions): Promise<LeaveResult> {
  const { nodeId, registry } = options;
  const epoch = await epochToEnd(options);
  if (epoch === null) return { kind: 'none' };
  await registry.leave({ nodeId, epoch });
  return { kind: 'left', epoch };
}

async function epochToEnd(options: LeaveOptions): Promise<number | null> {
  const { nodeId, epoch, uncertainInstanceId, registry, clock } = options;
  if (uncertainInstanceId === null) return epoch;
  for (let count = 1; ; count++) {
    const row = await registry.readNode(nodeId);
    if (row?.instanceId === uncertainInstanceId) return row.epoch;
    if (count >= looksAfterUncertainJoin) return null;
    await rest(clock);
  }
}

function rest(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.setTimer(retryDelayMs, resolve));
}
