/** Performs probes: asks the metadata reader first, if there is one, then the prober. */

import type { Announcements, Effect } from '../core/effects.ts';
import type { NodeRecord } from '../core/node.ts';
import type { ProbeOutcome, Vouched } from '../core/probe.ts';
import type { Settings } from '../core/settings/config.ts';
import type { PingSender } from '../core/wire/ping-sender.ts';
import { startOf } from '../core/wire/text.ts';
import type { AbortHandle, CreateAbort } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetadataReader, PeerLifecycle } from '../ports/metadata-reader.ts';
import type { Prober, ProbeTarget } from '../ports/prober.ts';
import { withDeadline } from './deadline.ts';
import { messageOf } from './emitter.ts';
import { OncePer } from './once-per.ts';

export interface ProbeRunnerOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly prober: Prober;
  readonly createAbort: CreateAbort;
  /** Whom a probe names as its sender. */
  readonly sender: () => PingSender;
  readonly metadataReader: MetadataReader | null;
  /** Called once for each probe, unless the runner stops first. */
  readonly onEnd: (targetId: string, outcome: ProbeOutcome | Vouched, durationMs: number) => void;
  /** What the registry says of a target; undefined for one that is not known any more. */
  readonly nodeOf: (targetId: string) => NodeRecord | undefined;
  /**
   * The metadata reader has begun to fail: told once until it works again. An answer of a target has no good signature:
   * told once an hour for each.
   */
  readonly warn: (warning: Announcements['warning']) => void;
}

/** What the core says of one probe besides its target. */
type ProbeBounds = Pick<Extract<Effect, { kind: 'probe' }>, 'timeoutMs' | 'isFresh' | 'nextDueMs'>;

/** The original's windows: a node in maintenance, and an active one, seen within these count as healthy. */
const maintenanceSeenMs = 120_000;
const activeSeenMs = 30_000;

/** More targets than a node watches. */
const mostTold = 1_024;
const tellAgainMs = 3_600_000;

/** How long to wait for a prober that ignores its abort signal. */
const stopLimitMs = 500;

export class ProbeRunner {
  readonly #options: ProbeRunnerOptions;
  #inFlightCount = 0;
  /** Told when none is in flight any more. */
  #onIdle: (() => void) | null = null;
  readonly #abort: AbortHandle;
  #isStopped = false;
  #isReaderFailing = false;
  readonly #badSignatures = new OncePer<string>({ capacity: mostTold, repeatAfterMs: tellAgainMs });

  constructor(options: ProbeRunnerOptions) {
    this.#options = options;
    this.#abort = options.createAbort();
  }

  /** Probes once; `onEnd` tells what came of it. */
  probe({ targetId, address, port, ...bounds }: Extract<Effect, { kind: 'probe' }>): void {
    const { clock, settings, metadataReader, onEnd } = this.#options;
    const startedAt = clock.now();
    const target = {
      id: targetId,
      address,
      port: port ?? settings.probePort,
      epoch: this.#epochOf(targetId),
    };
    const end = (outcome: ProbeOutcome | Vouched): void => {
      this.#inFlightCount--;
      this.#noteSignature(targetId, outcome);
      if (!this.#isStopped) onEnd(targetId, outcome, clock.now() - startedAt);
      else if (this.#inFlightCount === 0) this.#onIdle?.();
    };
    // Chained rather than awaited: most probes need no more than this one promise beside the prober's.
    const asked =
      metadataReader === null ? this.#ask(target, bounds) : this.#askBoth(metadataReader, target, bounds);
    this.#inFlightCount++;
    void asked.then(end, (error: unknown) => end(failureOf(error)));
  }

  /** Aborts what is in flight and resolves when it has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#inFlightCount === 0) return;
    this.#abort.abort(new Error('the monitor stops'));
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    await withDeadline(this.#options.clock, stopLimitMs, () => idle).catch(() => {});
  }

  #noteSignature(targetId: string, outcome: ProbeOutcome | Vouched): void {
    let problem: string | undefined;
    if (outcome.kind === 'answer' && outcome.unsigned !== undefined)
      problem = `${outcome.unsigned}; it counts only while unsigned ones are accepted`;
    else if (outcome.kind === 'failure' && outcome.failure === 'bad-signature')
      problem = `${outcome.detail}, so this is a miss`;
    const { clock, warn } = this.#options;
    if (problem === undefined || this.#isStopped || !this.#badSignatures.isDue(targetId, clock.now())) return;
    warn({ code: 'bad-signature', message: `node ${targetId}: ${problem}`, targetId });
  }

  /** A node that names itself in no answer, as those of the original, cannot sign either. */
  #epochOf(targetId: string): number | null {
    const node = this.#options.nodeOf(targetId);
    return node?.isNamed === true && node.epoch > 0 ? node.epoch : null;
  }

  #ask(target: ProbeTarget, { timeoutMs, isFresh, nextDueMs }: ProbeBounds): Promise<ProbeOutcome> {
    const { prober, sender } = this.#options;
    const options = { timeoutMs, isFresh, nextDueMs, signal: this.#abort.signal, sender: sender() };
    try {
      return Promise.resolve(prober.probe(target, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #askBoth(
    reader: MetadataReader,
    target: ProbeTarget,
    bounds: ProbeBounds,
  ): Promise<ProbeOutcome | Vouched> {
    return (await this.#isVouchedFor(reader, target.id)) ? { kind: 'vouched' } : this.#ask(target, bounds);
  }

  /** False also when the reader fails or takes longer than a probe may. */
  async #isVouchedFor(reader: MetadataReader, nodeId: string): Promise<boolean> {
    const { clock, settings } = this.#options;
    try {
      const ask = async (): Promise<PeerLifecycle> => reader.getPeerLifecycleState(nodeId);
      const lifecycle = await withDeadline(clock, settings.probeTimeoutMs, ask, 'the metadata reader');
      const isVouchedFor = isRecentlySeen(lifecycle, clock.wallNow());
      this.#isReaderFailing = false;
      return isVouchedFor;
    } catch (error) {
      if (!this.#isReaderFailing && !this.#isStopped) {
        const message = `the metadata reader failed on ${nodeId}, so nodes are probed without it: ${messageOf(error)}`;
        this.#options.warn({ code: 'metadata-reader-failed', message, targetId: null });
      }
      this.#isReaderFailing = true;
      return false;
    }
  }
}

function failureOf(error: unknown): ProbeOutcome {
  return { kind: 'failure', failure: 'bad-answer', detail: startOf(messageOf(error), 200) };
}

/** Whether metadata alone makes a hit. A time in the future, or none, proves nothing. */
export function isRecentlySeen({ found, state, lastSeen }: PeerLifecycle, wallNow: number): boolean {
  if (!found || lastSeen === undefined) return false;
  const ageMs = wallNow - Number(lastSeen);
  if (!(ageMs >= 0)) return false;
  if (state === 'maintenance') return ageMs < maintenanceSeenMs;
  return state === 'active' && ageMs < activeSeenMs;
}
