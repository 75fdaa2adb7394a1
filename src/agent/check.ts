/** One look at the application beside the agent: a request to a URL, or a command. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { endOf, startOf } from '../core/wire/text.ts';
import { messageOf } from '../monitor/emitter.ts';
import type { Signal } from '../ports/abort.ts';
import type { Clock } from '../ports/clock.ts';
import { runCommand } from './run-command.ts';

/**
 * What one look found. `failed`: the check ran and said no, or the application did not answer it in time. `not-run`: it
 * could not look, which says nothing of the application.
 */
export interface CheckResult {
  readonly outcome: 'passed' | 'failed' | 'not-run';
  /** In words, at most 200 characters. */
  readonly reason: string;
}

/** Looks once; ends soon after `signal` aborts. */
export type RunCheck = (signal: Signal) => Promise<CheckResult>;

export type ParsedCheck =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'command'; readonly command: string };

/** What a check's text means; null when it means nothing. A URL of another scheme than http is no command. */
export function parseCheck(text: unknown): ParsedCheck | null {
  if (typeof text !== 'string' || text.trim() === '') return null;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'command', command: text };
  return /^https?:/i.test(text) && URL.canParse(text) ? { kind: 'url', url: new URL(text) } : null;
}

/** What a check must be, for who gave something else. */
export const checkExpectation = 'an http:// or https:// URL, or a command';

/** Makes the check that `parsed` means. */
export function createCheck(parsed: ParsedCheck, clock: Clock): RunCheck {
  return parsed.kind === 'url'
    ? (signal) => checkUrl(parsed.url, signal)
    : (signal) => checkCommand(parsed.command, signal, clock);
}

async function checkCommand(command: string, signal: Signal, clock: Clock): Promise<CheckResult> {
  const { problem, exitCode, output } = await runCommand({ command, signal, clock });
  if (problem === null) return { outcome: 'passed', reason: 'the check command ended with exit code 0' };
  const outputEnd = endOf(output, 120);
  const reason = `the check command failed: ${problem}${outputEnd === '' ? '' : `: ${outputEnd}`}`;
  const hasSpoken = exitCode !== null && !shellFailures.includes(exitCode);
  return { outcome: hasSpoken ? 'failed' : 'not-run', reason: startOf(reason, 200) };
}

/** How a shell says that it cannot run a command, or cannot find it. */
const shellFailures: readonly number[] = [126, 127];

/** What is wrong with this machine, and not with the application. */
const ownFailures: ReadonlySet<string> = new Set([
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL', 'EAGAIN'],
  ...['ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
]);

/** A new connection each time: a kept one could hide that the port is closed by now. Redirects are not followed. */
async function checkUrl(url: URL, signal: Signal): Promise<CheckResult> {
  try {
    const status = await statusOf(url, signal);
    const isHealthy = status >= 200 && status <= 399;
    return { outcome: isHealthy ? 'passed' : 'failed', reason: `HTTP ${status}` };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const reason = startOf(messageOf(error), 200) || 'no answer';
    return { outcome: ownFailures.has(code) ? 'not-run' : 'failed', reason };
  }
}

async function statusOf(url: URL, signal: Signal): Promise<number> {
  const { get } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { agent: false, headers: { accept: '*/*' }, signal };
    const request = get(url, options, (response: IncomingMessage) => {
      resolve(response.statusCode ?? 0);
      // The status is all that is asked for; the body may be as long as it likes.
      response.destroy();
    });
    request.on('error', reject);
  });
}
