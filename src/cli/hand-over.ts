/** How a command goes on in a process of its own, so that it can be ended when its time is over (supervisor.ts). */
import type { TimeLimit } from './time-limit.ts';

/** The command that this process runs; null where it may not be run anew. */
let offered: readonly string[] | null = null;

/** To be called once, at the start of a process that may hand its command over. */
export function offerCommand(argv: readonly string[]): void {
  offered = argv;
}

/** Whether this process may hand its command over. */
export function mayHandOver(): boolean {
  return offered !== null;
}

/**
 * Runs the command anew as a process of its own, with what is left of its time, and ends as that ends. Nothing may have
 * been told or written before. Returns where no process could be started.
 */
export async function handOver(limit: TimeLimit): Promise<void> {
  if (offered === null) return;
  const { supervise } = await import('./supervisor.ts');
  await supervise(offered, limit);
}
