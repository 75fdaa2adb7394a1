/** Which file a `sqlite:` address means. */
import { RegistryError } from '../../ports/registry.ts';

/** Takes `./cluster.db`, `sqlite:./cluster.db` and `sqlite:///var/lib/cluster.db`; throws `invalid` for anything else. */
export function parseSqlitePath(address: string): string {
  const rest = address.replace(/^sqlite:/i, '');
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (path === '' || path.includes('\u0000') || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    throw new RegistryError(
      'invalid',
      `Expected the path of a SQLite file, such as ./cluster.db or sqlite:./cluster.db, got ${JSON.stringify(address)}.`,
    );
  }
  if (path === ':memory:' || path.startsWith('file:')) {
    throw new RegistryError(
      'invalid',
      `Expected the path of a SQLite file that several processes can share, got ${JSON.stringify(address)}; use a file, or the memory registry in tests.`,
    );
  }
  return path;
}
