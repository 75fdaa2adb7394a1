/** The registries of the capacity bench: started anew for each row, with the CPU that their processes use. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRqliteCluster } from '../../dist/cli/rqlite-cluster.js';

/** Ticks in a second, on every Linux of today. */
const ticksPerSecond = 100;

/** A registry by its kind, or the one at a URL, whose processes are not known. `pids` are its first processes. */
export async function startServers(registry, registryCount) {
  switch (registry) {
    case 'sqlite': {
      const folder = await mkdtemp(join(tmpdir(), 'ringwatch-capacity-'));
      const dispose = () => rm(folder, { recursive: true, force: true });
      return { url: `sqlite:${join(folder, 'cluster.db')}`, pids: [], dispose };
    }
    case 'rqlite': {
      const cluster = await startRqliteCluster();
      const pids = cluster.servers.map(({ pid }) => pid);
      return { url: cluster.url, pids, dispose: () => cluster.dispose() };
    }
    case 'postgres': {
      const { startPostgres } = await import('../../dist/cli/postgres-server.js');
      const server = await startPostgres({ settings: ['fsync=on', `max_connections=${registryCount + 20}`] });
      return { url: server.url, pids: [server.pid], dispose: () => server.dispose() };
    }
    default:
      return { url: registry, pids: [], dispose: async () => {} };
  }
}

/** Seconds of CPU so far and resident bytes now, of these processes and of all that they started. */
export function usageOf(pids) {
  const parents = new Map();
  for (const name of pids.length === 0 ? [] : readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : null;
    if (stat !== null) parents.set(Number(name), stat);
  }
  const isOurs = (pid) => pids.includes(pid) || (parents.has(pid) && isOurs(parents.get(pid).parent));
  let [seconds, memory] = [0, 0];
  for (const [pid, stat] of parents) {
    if (!isOurs(pid)) continue;
    seconds += stat.seconds;
    memory += stat.memory;
  }
  return { seconds, memory };
}

/** Seconds of CPU that the whole machine has used so far. */
export function machineSeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

/** What `/proc` says of a process; null when it is gone. Its time has that of children that it has waited for. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    // Memory that processes share is counted once.
    const own = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return {
      parent: Number(fields[1]),
      seconds: ticks / ticksPerSecond,
      memory: Number(own?.[1] ?? 0) * 1_024,
    };
  } catch {
    return null;
  }
}
