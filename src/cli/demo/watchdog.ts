/**
 * Cleans up after a demo that was killed itself, since SIGKILL leaves it no time. It is a shell that waits for the end
 * of its standard input, which the system closes with our process. Does nothing where there is no `sh`.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Watchdog {
  /** The demo has cleaned up itself. */
  dismiss(): void;
}

/** Ends the processes and removes the directories when this process is gone. */
export function startWatchdog(pids: readonly number[], directories: readonly string[]): Watchdog {
  if (process.platform === 'win32') return { dismiss: () => undefined };
  // Agents notice our death by themselves, and get a moment for it.
  const kill = pids.length === 0 ? '' : `kill -9 ${pids.join(' ')} 2>/dev/null;`;
  const script = `cat >/dev/null; sleep 1; ${kill} rm -rf -- "$@"`;
  const child: ChildProcess = spawn('sh', ['-c', script, 'sh', ...directories], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A Ctrl-C at the terminal must not reach it: the demo may still hang.
    detached: true,
  });
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  return { dismiss: () => child.kill('SIGKILL') };
}
