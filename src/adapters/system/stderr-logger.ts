/**
 * The log of a program that gives no logger: warnings and errors on stderr, so that none is missed. What is said again and
 * again is written once an hour, until it has ended.
 */
import { writeSync } from 'node:fs';
import type { LogFields, Logger } from '../../ports/logger.ts';

/** So many different lines are remembered; then all may be written once more. */
const capacity = 1_000;

/** For so long: a problem that ends is not told of, so one that comes again later must not be kept back for good. */
const rememberedMs = 3_600_000;

/** Each monitor or agent has one of its own. A stderr that is gone or full ends no program. */
export function stderrLogger(
  write: (line: string) => void = toStderr,
  now: () => number = () => performance.now(),
): Logger {
  /** What was written of each target, and of no target. */
  const written = new Map<string, Set<string>>();
  let since = now();
  const say =
    (level: 'warning' | 'error') =>
    (fields: LogFields, message: string): void => {
      const isOld = now() - since >= rememberedMs;
      if (isOld) since = now();
      if (isOld || written.size >= capacity) written.clear();
      const lines = written.get(subjectOf(fields)) ?? new Set();
      if (lines.has(message) || lines.size >= capacity) return;
      written.set(subjectOf(fields), lines.add(message));
      write(`ringwatch ${level} (node ${fields['nodeId']}): ${message}`.replace(/\p{C}/gu, '\ufffd'));
    };
  return {
    debug: () => undefined,
    // Good news ends what was said before: an outage, a suspicion.
    info: (fields) => void written.delete(subjectOf(fields)),
    warn: say('warning'),
    error: say('error'),
  };
}

/** Not by the stream: where its reader is gone, its error would end the program. */
function toStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // There is nowhere left to say it.
  }
}

/** The target that a line speaks of; its event where it speaks of none. */
function subjectOf({ targetId, event }: LogFields): string {
  return targetId === undefined ? `event ${event}` : `target ${targetId}`;
}
