/** The recoveries that this node tries to own: begins them, and tells the core how each has ended. */
import type { Input } from '../core/effects.ts';
import type { EpochRef } from '../ports/registry.ts';
import type { DeathHandler } from './events.ts';
import { Recovery, type RecoveryOptions } from './recovery.ts';

export interface RecoveriesOptions
  extends Omit<RecoveryOptions, 'nodeId' | 'epoch' | 'ownerEpoch' | 'handler' | 'onClaimed'> {
  readonly dispatch: (input: Input) => void;
}

export class Recoveries {
  readonly #options: RecoveriesOptions;
  readonly #running = new Set<Recovery>();

  constructor(options: RecoveriesOptions) {
    this.#options = options;
  }

  /** Tries to own one. Without a handler it is given back at once. */
  begin({ nodeId, epoch }: EpochRef, handler: DeathHandler | null, ownerEpoch: number): void {
    const { dispatch, ...options } = this.#options;
    if (handler === null) {
      dispatch({ kind: 'claim-finished', nodeId, epoch, isWon: false });
      return;
    }
    const recovery = new Recovery({
      ...options,
      ...{ nodeId, epoch, ownerEpoch, handler },
      onClaimed: (isWon) => dispatch({ kind: 'claim-finished', nodeId, epoch, isWon }),
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
