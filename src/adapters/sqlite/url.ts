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
  if (path === '' || path.includes('\u0000') || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    // The address of another database may hold a password.
    const got = JSON.stringify(address.replace(/\/\/.*@/s, '//…@'));
    throw new RegistryError(
      'invalid',
      `Expected the path of a SQLite file, such as sqlite:./cluster.db, got ${got}.`,
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
