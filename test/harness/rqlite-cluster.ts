/** A real rqlite cluster for tests: what goes wrong with servers, and what stands in the tables of each of them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RqliteClusterOptions, startRqliteCluster } from '../../src/cli/rqlite-cluster.ts';
import type { RqliteServer } from '../../src/cli/rqlite-server.ts';

export interface TestCluster {
  readonly servers: readonly RqliteServer[];
  /** `rqlite://…` with every node, without parameters. */
  readonly url: string;
  /** `127.0.0.1:port` of one node. */
  address(index: number): string;
  /** Index of the node that leads now; waits for one. Stopped nodes are not asked. */
  leader(): Promise<number>;
  /** Any running node that does not lead. */
  follower(): Promise<number>;
  /** SIGKILL. */
  kill(index: number): Promise<void>;
  /** SIGSTOP; waits until no thread of the server runs any more. */
  stop(index: number): Promise<void>;
  /** SIGCONT. */
  continue(index: number): void;
  /** Starts a killed node again and waits until it is ready. */
  restart(index: number): Promise<void>;
  /** Continues and restarts whatever is down, and waits until all are ready. */
  heal(): Promise<void>;
  /** What one node by itself has: the rows of a statement at level `none`. */
  rowsAt(index: number, sql: string): Promise<readonly unknown[]>;
  /** Every row of every table as one node has it, in one order. */
  dump(index: number): Promise<Readonly<Record<string, readonly string[]>>>;
  /** The dumps of all nodes once they are equal; fails with the difference when they stay unequal. */
  agreedDump(): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Drops every table and view, through the leader. */
  wipe(): Promise<void>;
  dispose(): Promise<void>;
}

/** Elections within about half a second, so that tests need not wait; still patient enough for a busy machine. */
export const briskRaft = [
  '-raft-timeout',
  '500ms',
  '-raft-election-timeout',
  '500ms',
  '-raft-leader-lease-timeout',
  '250ms',
] as const;

const patienceMs = 40_000;

/** Starts a cluster; the caller must dispose of it. */
export async function startTestCluster(options: RqliteClusterOptions = {}): Promise<TestCluster> {
  const cluster = await startRqliteCluster(options);
  const { servers } = cluster;
  const stopped = new Set<RqliteServer>();

  const server = (index: number): RqliteServer => {
    const found = servers[index];
    if (found === undefined) throw new Error(`the cluster has no node ${index}`);
    return found;
  };
  const isLeader = async (one: RqliteServer): Promise<boolean> =>
    one.isRunning &&
    !stopped.has(one) &&
    (await ask(`http://${one.address}/status?key=store.raft.state`).catch(() => null)) === 'Leader';

  const self: TestCluster = {
    servers,
    url: cluster.url,
    address: (index) => server(index).address,
    async leader() {
      return await eventually('a leader', async () => {
        for (const [index, one] of servers.entries()) if (await isLeader(one)) return index;
        return null;
      });
    },
    async follower() {
      const leader = await self.leader();
      const found = servers.findIndex((one, index) => index !== leader && one.isRunning && !stopped.has(one));
      if (found < 0) throw new Error('no follower runs');
      return found;
    },
    kill: (index) => server(index).kill(),
    async stop(index) {
      const one = server(index);
      stopped.add(one);
      one.signal('SIGSTOP');
      await eventually('a server that stands still', () => standsStill(one.pid));
    },
    continue(index) {
      server(index).signal('SIGCONT');
      stopped.delete(server(index));
    },
    async restart(index) {
      const one = server(index);
      stopped.delete(one);
      const start = async (): Promise<true | null> => {
        one.start();
        return await cluster.whenReady([one]).then(
          () => true,
          (error: unknown) => {
            if (one.isRunning) throw error;
            return null;
          },
        );
      };
      await eventually(`${one.options.nodeId} to start again`, start, patienceMs, () => one.output);
    },
    async heal() {
      for (const index of servers.keys()) self.continue(index);
      for (const one of servers) one.start();
      await cluster.whenReady();
      await self.leader();
    },
    async rowsAt(index, sql) {
      const body = JSON.stringify([[sql]]);
      const answer = await ask(`http://${server(index).address}/db/query?level=none&associative`, body);
      const result = (answer as { results?: [{ rows?: unknown[]; error?: string }] }).results?.[0];
      if (result?.rows === undefined) throw new Error(`node ${index}: ${JSON.stringify(answer)}`);
      return result.rows;
    },
    async dump(index) {
      const names = (await self.rowsAt(
        index,
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
      )) as { name: string }[];
      const tables: Record<string, readonly string[]> = {};
      for (const { name } of names) {
        const rows = await self.rowsAt(index, `SELECT * FROM "${name}"`);
        tables[name] = rows.map((row) => JSON.stringify(row)).sort();
      }
      return tables;
    },
    async agreedDump() {
      let seen: string[] = [];
      const agreed = await eventually(
        'equal tables on every node',
        async () => {
          const dumps = await Promise.all([...servers.keys()].map((index) => self.dump(index)));
          seen = dumps.map((dump) => JSON.stringify(dump));
          return new Set(seen).size === 1 ? (dumps[0] ?? null) : null;
        },
        10_000,
        () => firstDifference(seen),
      );
      return agreed;
    },
    async wipe() {
      const leader = await self.leader();
      const found = (await self.rowsAt(
        leader,
        "SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
      )) as { type: string; name: string }[];
      if (found.length === 0) return;
      const drops = found.map(({ type, name }) => [`DROP ${type} IF EXISTS "${name}"`]);
      const answer = await ask(
        `http://${server(leader).address}/db/execute?transaction&timeout=10s`,
        JSON.stringify(drops),
      );
      if (JSON.stringify(answer).includes('"error"')) throw new Error(`wipe: ${JSON.stringify(answer)}`);
    },
    async dispose() {
      await cluster.dispose();
    },
  };
  return self;
}

/** Tries until it gives something else than null. For what other processes do in their own time. */
export async function eventually<Value>(
  what: string,
  attempt: () => Promise<Value | null>,
  limitMs = patienceMs,
  explain: () => string = () => '',
): Promise<Value> {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    const value = await attempt();
    if (value !== null) return value;
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain for ${what}. ${explain()}`);
    await sleep(20);
  }
}

/** True, or null while a thread may still run: a signal needs a moment on a busy machine. */
async function standsStill(pid: number | null): Promise<true | null> {
  const directory = `/proc/${pid}/task`;
  let threads: readonly string[];
  try {
    threads = await readdir(directory);
  } catch {
    // No such directory on other systems than Linux: all that is left is to give it the moment.
    await sleep(100);
    return true;
  }
  const states = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(join(directory, thread, 'stat'), 'utf8').catch(() => '');
      return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
    }),
  );
  return states.every((state) => state === 'T' || state === '') ? true : null;
}

async function ask(url: string, body?: string): Promise<unknown> {
  const response = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(12_000),
  });
  return await response.json();
}

function firstDifference(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  for (const [index, other] of others.entries()) {
    const at = [...other].findIndex((character, position) => character !== first[position]);
    if (at >= 0) {
      return `Node 0: …${first.slice(Math.max(0, at - 80), at + 80)}…\nNode ${index + 1}: …${other.slice(Math.max(0, at - 80), at + 80)}…`;
    }
  }
  return '';
}
