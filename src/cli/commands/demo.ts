/** `ringwatch demo`. */
import { Command } from 'commander';

/** The command. */
export function demoCommand(): Command {
  return new Command('demo');
}
