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
  /** Whether it hears of SIGINT and SIGTERM through its supervisor; else they end it. */
  | { readonly kind: 'hearing'; readonly isOn: boolean };

/** The signals that a supervisor passes on. */
export const passedSignals = ['SIGINT', 'SIGTERM'] as const;

type PassedSignal = (typeof passedSignals)[number];

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
export function hearSignals(listener: (name: PassedSignal) => void): () => void {
  const onSignal = isSupervised ? () => undefined : listener;
  const onMessage = (message: unknown): void => {
    const name = passedSignals.find((one) => one === message);
    if (name !== undefined) listener(name);
  };
  for (const name of passedSignals) process.on(name, onSignal);
  if (isSupervised) {
    process.on('message', onMessage);
    void tell({ kind: 'hearing', isOn: true });
  }
  return () => {
    if (isSupervised) void tell({ kind: 'hearing', isOn: false });
    process.off('message', onMessage);
    for (const name of passedSignals) process.off(name, onSignal);
  };
}

/** A supervisor that is gone needs to know nothing. */
function tell(word: Word): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(word, undefined, {}, () => resolve());
  });
}
