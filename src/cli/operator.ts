/** Who gives an operator's word on the command line, for the log. */
import { userInfo } from 'node:os';
import { Option } from 'commander';

/** `--as`, for commands that write an operator's word. */
export function operatorOption(): Option {
  return new Option('--as <name>', 'who says so, for the event log (default: operator:<user>)');
}

/** The name that was given, else that of the user who runs the command. */
export function operatorIdOf({ as }: { readonly as?: string }): string {
  return as ?? `operator:${userName()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
