/** The demo's registry: a file, servers that are started for it, or a schema of its own on a server that runs; gone at the end. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CommandError } from '../failure.ts';

/** What the demo runs on. `postgres` is a URL, or true for a server that is started for it. */
export type DemoPlace = 'sqlite' | 'rqlite' | { readonly postgres: string | true };

export interface DemoRegistry {
  readonly url: string;
  /** Processes that must end with the demo, and where their data are. */
  readonly pids: readonly number[];
  readonly directories: readonly string[];
  dispose(): Promise<void>;
}

/** What its title says. */
export function nameOf(place: DemoPlace): string {
  if (typeof place === 'object') return 'a PostgreSQL server';
  return place === 'rqlite' ? 'a three-node rqlite cluster' : 'an SQLite file';
}

/** Whether a server is started first, which takes a moment. */
export function startsServers(place: DemoPlace): boolean {
  return typeof place === 'object' ? place.postgres === true : place === 'rqlite';
}

/** Starts what is needed; `directory` is the demo's own. */
export async function openDemoRegistry(place: DemoPlace, directory: string): Promise<DemoRegistry> {
  if (place === 'sqlite') {
    const url = `sqlite:${join(directory, 'cluster.db')}`;
    return { url, pids: [], directories: [], dispose: async () => undefined };
  }
  if (place === 'rqlite') {
    const { startRqliteCluster } = await import('../rqlite-cluster.ts');
    const { url, servers, dispose } = await startRqliteCluster();
    return {
      url,
      pids: servers.flatMap(({ pid }) => (pid === null ? [] : [pid])),
      directories: [...new Set(servers.map((server) => dirname(server.options.dataDirectory)))],
      dispose,
    };
  }
  return place.postgres === true ? startServer() : openSchema(place.postgres);
}

async function startServer(): Promise<DemoRegistry> {
  const { startPostgres } = await import('../postgres-server.ts');
  try {
    const { url, pid, directory, dispose } = await startPostgres();
    return { url, pids: pid === null ? [] : [pid], directories: [directory], dispose };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = 'Or name a server that runs: --postgres postgres://user@host/database.';
    throw new CommandError(`${message}\n${advice}`, { cause: error });
  }
}

/** A server of the user's keeps nothing of the demo, and the demo sees nothing of a cluster on it. */
async function openSchema(given: string): Promise<DemoRegistry> {
  const { openPostgresExecutor } = await import('../../adapters/postgres/open.ts');
  const { parsePostgresUrl } = await import('../../adapters/postgres/url.ts');
  const schema = `ringwatch_demo_${randomBytes(4).toString('hex')}`;
  const { connectionString, passwordFile } = parsePostgresUrl(given);
  const ours = new URLSearchParams({
    schema,
    ...(passwordFile === null ? {} : { 'password-file': passwordFile }),
  });
  const url = `${connectionString}${connectionString.includes('?') ? '&' : '?'}${ours}`;
  const run = async (sql: string): Promise<void> => {
    const executor = await openPostgresExecutor(parsePostgresUrl(url));
    try {
      await executor.transact([{ sql, values: [] }]);
    } finally {
      await executor.close();
    }
  };
  // Where this fails it is told once, and not by each agent until the demo's time is over.
  await run(`CREATE SCHEMA ${schema}`);
  return { url, pids: [], directories: [], dispose: () => run(`DROP SCHEMA IF EXISTS ${schema} CASCADE`) };
}
