/** The agent's log on stderr: JSON lines by pino for machines, one plain line each for a person at a terminal. */
import type { LogFields, Logger } from '../ports/logger.ts';
import { jsonSafe, type Paint, paintFor, printable, type Tone } from './terminal.ts';

/** From the most to the least. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

/** A reader that takes nothing must not fill this process's memory. */
const longestQueueBytes = 1_000_000;

/** Opens the log; undefined for `silent`. */
export async function openLog(level: LogLevel): Promise<Logger | undefined> {
  if (level === 'silent') return undefined;
  if (process.stderr.isTTY === true) return lineLogger(level, paintFor(process.stderr), write);
  const { pino } = await import('pino');
  const timestamp = pino.stdTimeFunctions.isoTime;
  const logger: Logger = pino(
    { level, base: { pid: process.pid }, timestamp },
    { write: (line) => write(jsonSafe(line)) },
  );
  return logger;
}

function write(line: string): void {
  if (process.stderr.writableLength < longestQueueBytes) process.stderr.write(line);
}

const tones: Readonly<Record<Exclude<LogLevel, 'silent'>, Tone>> = {
  debug: 'quiet',
  info: 'quiet',
  warn: 'warning',
  error: 'bad',
};

function lineLogger(level: LogLevel, paint: Paint, writeLine: (line: string) => void): Logger {
  const least = logLevels.indexOf(level);
  const at = (name: Exclude<LogLevel, 'silent'>) => {
    if (logLevels.indexOf(name) < least) return () => undefined;
    return (_fields: LogFields, message: string): void => {
      const time = new Date().toISOString().slice(11, 23);
      writeLine(`${paint('quiet', time)} ${paint(tones[name], name.padEnd(5))} ${printable(message)}\n`);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
