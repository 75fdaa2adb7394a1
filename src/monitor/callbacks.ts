/** The three callbacks of a monitor's user, and what happens with their errors. */
import type { Announcement } from '../core/effects.ts';
import { callSafely } from './emitter.ts';
import type { DeathHandler, RecoveredHandler, SuspectHandler } from './events.ts';
import { checkedFunction } from './outside.ts';

export class Callbacks {
  #onSuspect: SuspectHandler | null = null;
  #onRecovered: RecoveredHandler | null = null;
  #onDead: DeathHandler | null = null;
  readonly #report: (what: string, error: unknown) => void;

  constructor(report: (what: string, error: unknown) => void) {
    this.#report = report;
  }

  set onSuspect(handler: SuspectHandler) {
    this.#onSuspect = checkedFunction('onNodeSuspect', handler);
  }

  set onRecovered(handler: RecoveredHandler) {
    this.#onRecovered = checkedFunction('onNodeRecovered', handler);
  }

  set onDead(handler: DeathHandler) {
    this.#onDead = checkedFunction('onNodeDead', handler);
  }

  /** Run under a lease by `Recovery`, not from here. */
  get onDead(): DeathHandler | null {
    return this.#onDead;
  }

  /** Calls the handler that an announcement is for, if there is one. */
  call({ name, payload }: Announcement): void {
    if (name !== 'suspect' && name !== 'recovered') return;
    const onSuspect = this.#onSuspect;
    const onRecovered = this.#onRecovered;
    const report = (error: unknown): void => this.#report(`handler of "${name}"`, error);
    if (name === 'suspect' && onSuspect !== null) {
      callSafely((statement) => onSuspect(statement.targetId, statement), payload, report);
    } else if (name === 'recovered' && onRecovered !== null) {
      callSafely(({ targetId }) => onRecovered(targetId), payload, report);
    }
  }
}
