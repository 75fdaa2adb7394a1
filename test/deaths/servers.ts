/** The servers of a registry in which nodes die for real: none for a file. */
import { join } from 'node:path';
import { startPostgres } from '../../src/cli/postgres-server.ts';
import { briskRaft, startTestCluster } from '../harness/rqlite-cluster.ts';

export interface Servers {
  readonly url: string;
  /** `host:port` of each, as it stands in the URL. */
  readonly addresses: readonly string[];
  /** SIGKILL to the one that writes need; what it gives starts that one again. */
  killLeader(): Promise<() => Promise<void>>;
  dispose(): Promise<void>;
}

export async function startServers(
  registry: 'sqlite' | 'rqlite' | 'postgres',
  folder: string,
): Promise<Servers> {
  if (registry === 'postgres') {
    const server = await startPostgres();
    return {
      url: server.url,
      addresses: [`127.0.0.1:${server.port}`],
      async killLeader() {
        await server.kill();
        return () => server.start();
      },
      dispose: () => server.dispose(),
    };
  }
  if (registry === 'rqlite') {
    const cluster = await startTestCluster({ flags: briskRaft });
    return {
      url: cluster.url,
      addresses: [0, 1, 2].map((index) => cluster.address(index)),
      async killLeader() {
        const leader = await cluster.leader();
        await cluster.kill(leader);
        return () => cluster.restart(leader);
      },
      dispose: () => cluster.dispose(),
    };
  }
  return {
    url: `sqlite:${join(folder, 'cluster.db')}`,
    addresses: [],
    killLeader: () => Promise.reject(new Error('a file has no server')),
    dispose: async () => undefined,
  };
}
