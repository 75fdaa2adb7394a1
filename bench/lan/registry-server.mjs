/** One rqlite server in the namespace of a network's bridge. */
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { findRqlited } from '../../dist/cli/rqlite-server.js';

/** The process and its URL, when it answers; it is ended by its pid or with the network. */
export async function startRegistryServer({ network, folder, pause }) {
  const { hub, hubAddress } = network;
  const server = spawn(
    'ip',
    [
      ...['netns', 'exec', hub, findRqlited(), '-node-id', 'server', '-http-addr', `${hubAddress}:4001`],
      ...['-raft-addr', `${hubAddress}:4002`, join(folder, 'rqlite')],
    ],
    { stdio: 'ignore', detached: true },
  );
  while (!isReady(network)) {
    if (server.exitCode !== null) throw new Error(`rqlited ended with code ${server.exitCode}`);
    await pause(200);
  }
  return { server, url: `rqlite://${hubAddress}:4001` };
}

function isReady({ hub, hubAddress }) {
  const url = `http://${hubAddress}:4001/readyz`;
  const script = `fetch('${url}').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
  try {
    execFileSync('ip', ['netns', 'exec', hub, process.execPath, '-e', script], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
