/**
 * A real rqlite cluster on loopback in a temporary directory, gone when it is disposed of: for
 * `ringwatch demo --rqlite` and for the tests. Not for data that must be kept.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { findRqlited, RqliteServer, type RqliteServerTls } from './rqlite-server.ts';

export interface RqliteClusterOptions {
  /** Default 3. */
  readonly nodeCount?: number;
  /** Further flags of every server, such as `-raft-timeout`. */
  readonly flags?: readonly string[];
  /** To be given when `flags` make the HTTP API speak TLS. */
  readonly tls?: RqliteServerTls;
  /** All nodes must be ready within this time. Default 30 s. */
  readonly readyWithinMs?: number;
}

/** A started cluster; `dispose` ends it. */
export interface RqliteCluster {
  readonly servers: readonly RqliteServer[];
  /** `rqlite://127.0.0.1:port,…` with every node in it. */
  readonly url: string;
  /** Waits until the given servers, all unless said otherwise, serve and know a leader. */
  whenReady(servers?: readonly RqliteServer[]): Promise<void>;
  /** Ends every server and removes their data. May be called twice. */
  dispose(): Promise<void>;
}

const attemptCount = 5;

/** Starts a cluster and waits until every node serves and knows the leader. Throws with the servers' output when it does not come up. */
export async function startRqliteCluster(options: RqliteClusterOptions = {}): Promise<RqliteCluster> {
  const binary = findRqlited();
  for (let attempt = 1; ; attempt += 1) {
    const cluster = await launch(binary, options);
    try {
      await cluster.whenReady();
      return cluster;
    } catch (error) {
      const hasClashed = cluster.servers.some((server) => server.output.includes('address already in use'));
      await cluster.dispose();
      if (!hasClashed || attempt === attemptCount) throw error;
    }
  }
}

async function launch(binary: string, options: RqliteClusterOptions): Promise<RqliteCluster> {
  const { nodeCount = 3, flags = [], tls = null, readyWithinMs = 30_000 } = options;
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-rqlite-'));
  const ports = await freePorts(nodeCount * 2);
  const raftPorts = ports.slice(nodeCount);
  const joined = raftPorts.map((port) => `127.0.0.1:${port}`).join(',');
  const together = nodeCount === 1 ? [] : ['-bootstrap-expect', String(nodeCount), '-join', joined];
  const servers = raftPorts.map(
    (raftPort, index) =>
      new RqliteServer({
        binary,
        nodeId: `rqlite-${index + 1}`,
        dataDirectory: join(directory, String(index + 1)),
        httpPort: ports[index] ?? 0,
        raftPort,
        flags: [...together, ...flags],
        tls,
      }),
  );
  const removeAtExit = (): void => {
    // Still running, they would write their files anew.
    for (const server of servers) server.signal('SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', removeAtExit);
  for (const server of servers) server.start();

  return {
    servers,
    url: `rqlite://${servers.map((server) => server.address).join(',')}`,
    async whenReady(awaited = servers) {
      const endsAt = performance.now() + readyWithinMs;
      for (const server of awaited) {
        while (!(await server.isReady())) {
          if (!server.isRunning || performance.now() > endsAt) {
            throw new Error(
              `The rqlite server ${server.options.nodeId} was not ready within ${readyWithinMs} ms. ` +
                `Its output ends with:\n${server.output}`,
            );
          }
          await sleep(25);
        }
      }
    },
    async dispose() {
      await Promise.all(servers.map((server) => server.kill()));
      process.removeListener('exit', removeAtExit);
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
