/** A password in a file: what stands on a command line or in a URL, every user of the machine may read. */
import { readFileSync } from 'node:fs';
import { RegistryError } from '../../ports/registry.ts';

/** Where a password is found when the URL has none, and names no file. */
export interface PasswordSource {
  readonly passwordFile?: string | undefined;
}

/** The first line of the file, at least one character. Throws a `RegistryError` with the code `invalid`, without the text. */
export function readPasswordFile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RegistryError('invalid', `The password file ${path} cannot be read.`, { cause });
  }
  const [password = ''] = text.split(/\r?\n/, 1);
  if (password !== '') return password;
  throw new RegistryError(
    'invalid',
    `The password file ${path} is empty: its first line must be the password.`,
  );
}
