/** The file with the cluster's secret: what stands on a command line or in the environment, other users may read. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { ConfigError } from '../../core/settings/config.ts';
import type { Signer } from '../../ports/signer.ts';
import { HmacSigner } from './hmac-signer.ts';

/** Where the secret is, and how it is used. */
export interface SecretOptions {
  /**
   * A file with the cluster's secret, or two of them, one a line, each of 16 bytes at least. The first one signs; both are
   * good in what others have signed. Default: nothing is signed, and nothing checked.
   */
  readonly secretFile?: string | undefined;
  /** Whether messages without a good signature count too: while a cluster gets its secret. Default false. */
  readonly secretAcceptUnsigned?: boolean | undefined;
}

const fewestBytes = 16;

/** Far more than two secrets: the file must not be something else, such as a log. */
const mostBytes = 8_192;

/**
 * Reads the file; undefined where none is named. Throws `ConfigError` for one that cannot be read or used. Errors name the
 * file, and show nothing of what is in it.
 */
export function openSecret({ secretFile, secretAcceptUnsigned = false }: SecretOptions): Signer | undefined {
  if (typeof secretAcceptUnsigned !== 'boolean')
    throw refusal('secretAcceptUnsigned', `expected true or false, got ${typeof secretAcceptUnsigned}`);
  if (secretFile === undefined) {
    if (secretAcceptUnsigned) throw refusal('secretAcceptUnsigned', 'expected a secret file beside it');
    return undefined;
  }
  if (typeof secretFile !== 'string' || secretFile === '')
    throw refusal('secretFile', 'expected the path of a file with one or two secrets, one a line');
  const { text, mode } = read(secretFile);
  const [first, ...others] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (first === undefined || others.length > 1) {
    const found = first === undefined ? 'none' : others.length + 1;
    throw refusal('secretFile', `expected one or two secrets in ${secretFile}, one a line, found ${found}`);
  }
  for (const [index, secret] of [first, ...others].entries()) {
    const length = Buffer.byteLength(secret);
    if (length >= fewestBytes) continue;
    const advice = 'make one with: openssl rand -base64 32';
    const found = `secret ${index + 1} in ${secretFile} has ${length}`;
    throw refusal('secretFile', `expected at least ${fewestBytes} bytes, but ${found}; ${advice}`);
  }
  return new HmacSigner({
    secrets: [first, ...others],
    acceptsUnsigned: secretAcceptUnsigned,
    warning: warningOf(secretFile, mode),
  });
}

function read(path: string): { readonly text: string; readonly mode: number } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw refusal('secretFile', `${path} cannot be read (${codeOf(cause)})`);
  }
  try {
    const { mode, size } = fstatSync(file);
    if (size > mostBytes)
      throw refusal('secretFile', `expected one or two secrets in ${path}, found ${size} bytes`);
    return { text: readFileSync(file, 'utf8'), mode };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw refusal('secretFile', `${path} cannot be read (${codeOf(error)})`);
  } finally {
    closeSync(file);
  }
}

/** Windows has no such modes. */
function warningOf(path: string, mode: number): string | null {
  if (process.platform === 'win32' || (mode & 0o077) === 0) return null;
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return `other users of this machine may read or change the secret file ${path} (mode ${shown}): chmod 600 it`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function refusal(path: keyof SecretOptions, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}
