/** How a command ends when it cannot do its work: one message for a person, and an exit code for a script. */
import { ConfigError } from '../core/settings/config.ts';
import { RegistryError, type RegistryErrorCode } from '../ports/registry.ts';
import { byFlag } from './setting-flags.ts';

/** What a command's exit code says. */
export const exitCodes = {
  /** It did what was asked. */
  done: 0,
  /** It could not do it. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was done. */
  usage: 2,
  /** `status --check`: a node is in doubt or flapping, or no node is on the ring. */
  degraded: 3,
  /** `status --check`: a recovery is to be made still, or the brake holds a death back. */
  death: 4,
  /** `status --check`: the registry cannot be read, or takes no writes. */
  noRegistry: 5,
} as const;

/** The command line asks for something that makes no sense; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** A command could not do its work; the message says why and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'command';
  /** With what the command ends. */
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? exitCodes.failed;
  }
}

/** The error of a command that is asked about a node that the registry has not; `more` says what it has not either. */
export function unknownNode(nodeId: string, more = ''): CommandError {
  const what = `No node ${JSON.stringify(nodeId)} is in the registry${more}`;
  return new CommandError(`${what}; \`ringwatch status --all\` lists the nodes.`);
}

/** What to print and with which code to exit. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** Where the error itself does not say what to do at a command line. */
const registryAdvice: Readonly<Partial<Record<RegistryErrorCode, string>>> = {
  unavailable: 'See whether it runs, and whether the address is right.',
  ambiguous: 'It may or may not have done what was asked: look with `ringwatch status`, then try again.',
  invalid: 'Change what the message names and try again.',
};

/** A text without what may be the login of a URL in it, such as an argument in the wrong place. */
export function withoutLogins(text: string): string {
  // The forms that messages themselves give as examples have no login.
  return text
    .replace(/\/\/(?!\[|user@|user:password@).*@/g, '//…@')
    .replace(/(?<!\S)(?!\S*\/\/)\S+:\S*@/g, '…@');
}

/** The variable that a flag's value came from; null for one that was given as a flag. */
export type VariableOf = (flag: string) => string | null;

/** The failure of any error that reaches the top of a command. What came from a variable is told by its name. */
export function describeFailure(error: unknown, variableOf: VariableOf = () => null): Failure {
  const { message, exitCode } = failureOf(error, variableOf);
  return { message: withoutLogins(message), exitCode };
}

function failureOf(error: unknown, variableOf: VariableOf): Failure {
  if (error instanceof ConfigError) {
    const violations = error.violations.map((violation) => byFlag(violation));
    const { message } = new ConfigError(
      violations.map(({ path, message: text }) => ({
        path: variableOf(path) ?? path,
        message: text.replace(/--[a-z][a-z-]*/g, (flag) => variableOf(flag) ?? flag),
      })),
    );
    return { message, exitCode: exitCodes.usage };
  }
  if (error instanceof UsageError) return { message: error.message, exitCode: exitCodes.usage };
  if (error instanceof RegistryError) {
    const advice = registryAdvice[error.code];
    const message = asSentence(error.message) + (advice === undefined ? '' : `\n${advice}`);
    return { message, exitCode: exitCodes.failed };
  }
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { message, exitCode: error instanceof CommandError ? error.exitCode : exitCodes.failed };
}

/** The error of a registry that is a file: there is nothing to run, and what is wrong with the file it says itself. */
export function failureOfFile(error: unknown): unknown {
  const isOut = error instanceof RegistryError && error.code === 'unavailable';
  return isOut ? new CommandError(asSentence(error.message), { cause: error }) : error;
}

function asSentence(message: string): string {
  return message.replace(/[\s.]*$/, '.');
}

/** The stack of an error and of what caused it, for RINGWATCH_DEBUG=1. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return withoutLogins(`${error.stack ?? error.message}${cause}`);
}
