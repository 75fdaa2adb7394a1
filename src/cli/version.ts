/** Which version of Ringwatch this is. */
import { readFileSync } from 'node:fs';

/** The version of the package, such as `0.1.0`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
