/** Keeps faults that have nothing to do with a node's duty from ending it: telling may fail, the watch goes on. */
import type { Agent } from '../library/agent.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { Logger } from '../ports/logger.ts';
import { eventLine } from './event-lines.ts';
import type { EventWriter } from './event-writer.ts';

export interface FaultyOutput {
  readonly agent: Agent;
  readonly logger: Logger | undefined;
  /** Null where no events are printed. */
  readonly writer: EventWriter | null;
}

/** What has gone wrong so far. */
export interface Faults {
  /** Throws the first error that no code has caught; returns where there was none. */
  throwFirst(): void;
}

/**
 * Output that cannot be written is dropped, with one warning for each stream. The agent leaves when the reader of its
 * events is gone, and after an error that no code has caught. A second such error ends the process.
 */
export function outliveFaults({ agent, logger, writer }: FaultyOutput): Faults {
  const { nodeId } = agent.settings;
  const stop = (): void => void agent.stop();
  const warn = (code: 'output-lost' | 'internal', message: string): void => {
    logger?.[code === 'internal' ? 'error' : 'warn'](
      { component: 'ringwatch-agent', nodeId, event: 'warning', code },
      message,
    );
    writer?.write(eventLine('warning', { code, message, targetId: null }, { nodeId, at: new Date() }));
  };
  const lost = (what: string, { message }: Error): void =>
    warn('output-lost', `${what} are dropped for as long as they cannot be written: ${message}`);

  let isTold = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // An agent that went on without its reader would run unnoticed.
    if (error.code === 'EPIPE') return stop();
    if (!isTold) lost('events', error);
    isTold = true;
  });
  process.stderr.once('error', (error) => lost('lines of the log', error));

  let first: { readonly error: unknown } | null = null;
  process.on('uncaughtException', (error) => {
    if (first !== null) process.exit(1);
    first = { error };
    warn('internal', `this node leaves, since an error was not caught: ${messageOf(error)}`);
    stop();
  });
  return {
    throwFirst() {
      if (first !== null) throw first.error;
    },
  };
}
