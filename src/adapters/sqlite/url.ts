/** Which file a `sqlite:` address means. */
import { RegistryError } from '../../ports/registry.ts';

/** What an address says. */
export interface SqliteAddress {
  readonly kind: 'sqlite';
  /** Absolute, or relative to the working directory. */
  readonly path: string;
}

/** Takes `./cluster.db`, `sqlite:./cluster.db` and `sqlite:///var/lib/cluster.db`; throws `invalid` for anything else. */
export function parseSqliteUrl(address: string): SqliteAddress {
  const rest = address.replace(/^sqlite:/i, '');
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  const problem = problemOf(path);
  if (problem !== null) {
    throw new RegistryError(
      'invalid',
      `Expected the path of a SQLite file, such as sqlite:./cluster.db, got ${problem}.`,
    );
  }
  if (path === ':memory:' || path.startsWith('file:')) {
    throw new RegistryError(
      'invalid',
      `Expected the path of a SQLite file that several processes can share, got ${JSON.stringify(address)}; use a file, or the memory registry in tests.`,
    );
  }
  return { kind: 'sqlite', path };
}

/** What is given instead of a path, without the text: the address of another database may hold a password. */
function problemOf(path: string): string | null {
  if (path === '') return 'none';
  if (path.includes('\u0000')) return 'a text with a NUL character';
  const isOfServer = /^[a-z][a-z0-9+.-]+:\/\//i.test(path) || /:.*@/s.test(path.replace(/^[a-z]:[\\/]/i, ''));
  return isOfServer ? 'the address of a server' : null;
}
