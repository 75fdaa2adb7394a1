/** What happens in virtual time. Not for: when its turn is (event-queue.ts). */

/**
 * `quiet` events settle no promise and call no code of a program. A `brief` one ends a probe, or is a call that reaches the
 * registry. What follows is a few awaits, unless a wrapper has put others in between. After a `loud` one anything may
 * follow.
 */
export type EventKind = 'quiet' | 'brief' | 'loud';

/** What happens at an instant. One object may happen again and again, but is in the queue once at a time. */
export abstract class QueuedEvent {
  /** What follows from it. */
  kind: EventKind = 'loud';
  /** It will not happen. */
  isCancelled = false;
  /** When it happens; the queue's own, as is the next field. */
  at = 0.5;
  /** The next one of a list. */
  next: QueuedEvent | null = null;

  abstract happen(): void;
}
