/** The recoveries that this node tries to own: begins them, and tells the core how each has ended. */
import type { Input } from '../core/effects.ts';
import type { ClaimResult, EpochRef } from '../ports/registry.ts';
import type { DeathHandler } from './events.ts';
import { Recovery, type RecoveryOptions } from './recovery.ts';

/** What this node is now, and what it knows of the registry. */
type Owner = Pick<RecoveryOptions, 'ownerEpoch' | 'known'>;

export interface RecoveriesOptions
  extends Omit<RecoveryOptions, 'nodeId' | 'epoch' | 'handler' | 'onClaimed' | keyof Owner> {
  readonly dispatch: (input: Input) => void;
}

export class Recoveries {
  readonly #options: RecoveriesOptions;
  readonly #running = new Set<Recovery>();

  constructor(options: RecoveriesOptions) {
    this.#options = options;
  }

  /** Tries to own one. Without a handler it is given back at once. */
  begin({ nodeId, epoch }: EpochRef, handler: DeathHandler | null, owner: Owner): void {
    const { dispatch, ...options } = this.#options;
    if (handler === null) {
      dispatch({ kind: 'claim-finished', nodeId, epoch, isWon: false });
      return;
    }
    const recovery = new Recovery({
      ...options,
      ...owner,
      ...{ nodeId, epoch, handler },
      onClaimed: (isWon, answer) =>
        dispatch({ kind: 'claim-finished', nodeId, epoch, isWon, ...factsOf(answer) }),
    });
    this.#running.add(recovery);
    void recovery.run().then((wasMine) => {
      this.#running.delete(recovery);
      if (wasMine) dispatch({ kind: 'recovery-ended', nodeId, epoch });
    });
  }

  /** Tells every handler to stop. */
  stop(): void {
    for (const recovery of this.#running) recovery.stop();
  }

  /** Resolves when none is left running. */
  async whenDone(): Promise<void> {
    await Promise.all([...this.#running].map((recovery) => recovery.done));
  }
}

/** What the answer to a claim tells of the registry. */
function factsOf(answer: ClaimResult | null): { readonly fence?: number; readonly wentBack?: boolean } {
  if (answer === null) return {};
  return answer.outcome === 'claimed' ? { fence: answer.fence } : { wentBack: answer.reason === 'went-back' };
}
