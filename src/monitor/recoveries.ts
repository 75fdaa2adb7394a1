/** All recoveries that this node tries to own, and what the core is told of each. Not for: how one runs (recovery.ts). */
import type { Input } from '../core/effects.ts';
import type { ClaimResult } from '../ports/registry.ts';
import { Recovery, type RecoveryOptions } from './recovery.ts';

type Told = Extract<Input, { kind: 'claim-finished' | 'recovery-ended' }>;

/** `handler`: null where there is none any more. */
type Begin = Omit<RecoveryOptions, 'onClaimed' | 'handler'> & {
  readonly handler: RecoveryOptions['handler'] | null;
};

/** The recoveries of one monitor. */
export class Recoveries {
  readonly #running = new Set<Recovery>();
  readonly #dispatch: (input: Told) => void;

  constructor(dispatch: (input: Told) => void) {
    this.#dispatch = dispatch;
  }

  /** Claims a recovery, and runs it when the claim is won. */
  begin({ handler, ...options }: Begin): void {
    const { nodeId, epoch } = options;
    if (handler === null) {
      this.#dispatch({ kind: 'claim-finished', nodeId, epoch, isWon: false });
      return;
    }
    const recovery = new Recovery({
      ...options,
      handler,
      onClaimed: (isWon, answer) =>
        this.#dispatch({ kind: 'claim-finished', nodeId, epoch, isWon, ...factsOf(answer) }),
    });
    this.#running.add(recovery);
    void recovery.run().then((wasMine) => {
      this.#running.delete(recovery);
      if (wasMine) this.#dispatch({ kind: 'recovery-ended', nodeId, epoch });
    });
  }

  /** Tells every handler to stop. */
  stop(): void {
    for (const recovery of this.#running) recovery.stop();
  }

  /** Resolves when none of them runs any more. */
  async whenDone(): Promise<void> {
    await Promise.all([...this.#running].map((recovery) => recovery.done));
  }
}

/** What the answer to a claim tells of the registry. */
function factsOf(answer: ClaimResult | null): { readonly fence?: number; readonly wentBack?: boolean } {
  if (answer === null) return {};
  return answer.outcome === 'claimed' ? { fence: answer.fence } : { wentBack: answer.reason === 'went-back' };
}
