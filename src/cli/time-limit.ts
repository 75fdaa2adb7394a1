/**
 * What a command tells the process that watches over it, so that it ends in time also where it cannot end itself: while
 * much is read or put together, none of its own timers fires. Where no process watches over it, all of this does nothing.
 */

/** From now on the command has so long; else it is ended, with this text on stderr and this exit code. */
export interface TimeLimit {
  readonly limitMs: number;
  readonly text: string;
  readonly exitCode: number;
}

/** What a command says to its supervisor. */
export type Word =
  | ({ readonly kind: 'limit' } & TimeLimit)
  /** The command waits for something else than the registry, and has all the time that this takes. */
  | { readonly kind: 'rest' }
  /** From now on it hears of SIGINT and SIGTERM through its supervisor; before, they end it. */
  | { readonly kind: 'hearing' };

/** The signals that interrupt a command, and the exit code of one that was ended by them, as shells say it. */
export const interruptionCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** One of them. */
export type InterruptingSignal = keyof typeof interruptionCodes;

/** All of them. */
export const interruptingSignals: readonly InterruptingSignal[] = ['SIGINT', 'SIGTERM'];

let isSupervised = false;
let hasLimit = false;

/** To be called once, at the start of a process that was started by a supervisor. It ends when its supervisor does. */
export function beSupervised(): void {
  isSupervised = true;
  process.on('disconnect', () => process.exit(1));
}

/** Resolves when the supervisor has been told, so that work which stops all timers may begin. */
export async function limitTime(limit: TimeLimit): Promise<void> {
  if (!isSupervised) return;
  hasLimit = true;
  await tell({ kind: 'limit', ...limit });
}

/** The time stands still until the next limit: a reader of the output takes as long as it likes, a person too. */
export function rest(): void {
  if (!hasLimit) return;
  hasLimit = false;
  void tell({ kind: 'rest' });
}

/**
 * Hears SIGINT and SIGTERM until the returned function is called. Under a supervisor they come through it alone: of a
 * terminal both processes get one.
 */
export function hearSignals(listener: (name: InterruptingSignal) => void): () => void {
  const onSignal = isSupervised ? () => undefined : listener;
  const onMessage = (message: unknown): void => {
    const name = interruptingSignals.find((one) => one === message);
    if (name !== undefined) listener(name);
  };
  for (const name of interruptingSignals) process.on(name, onSignal);
  if (isSupervised) {
    process.on('message', onMessage);
    void tell({ kind: 'hearing' });
  }
  return () => {
    process.off('message', onMessage);
    // One that came of a terminal may still be on its way, and the command is about to end.
    if (!isSupervised) for (const name of interruptingSignals) process.off(name, onSignal);
  };
}

/** A supervisor that is gone needs to know nothing. */
function tell(word: Word): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(word, undefined, {}, () => resolve());
  });
}
