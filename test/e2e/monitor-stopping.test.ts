/** A monitor of the library that stops in the middle of a probe, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from './cli-process.ts';

const library = new URL('../../dist/index.js', import.meta.url).href;

/** Watches the node at the port given, and stops when it is told to. It never calls `exit`: whatever is left would keep it. */
const program = `
  import { Monitor, openRegistry } from ${JSON.stringify(library)};
  const [path, port] = process.argv.slice(1);
  const registry = await openRegistry('sqlite:' + path);
  await registry.migrate();
  const place = { address: '127.0.0.1', internalAddress: null, region: null, isNamed: true, hasHandler: false };
  for (const nodeId of ['a', 'b']) {
    await registry.join({ nodeId, ...place, port: Number(port), instanceId: nodeId, afterEpoch: 0 });
  }
  const hour = 3_600_000;
  const monitor = new Monitor({
    ...{ nodeId: 'a', epoch: 1, registry, probeIntervalMs: 100, probeTimeoutMs: hour, suspectAfter: 1 },
    ...{ deadAfter: 1, membershipWindowMs: 10 * hour },
  });
  await monitor.start();
  process.stdin.once('data', async () => {
    process.stdin.destroy();
    await monitor.stop();
    console.log(monitor.snapshot().phase);
    await registry.close();
  });
`;

test('a monitor stops while a probe is in flight that is not answered for an hour, and leaves nothing that keeps the process', async () => {
  const probes: Socket[] = [];
  const server = createServer((socket) => {
    probes.push(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of probes) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const path = join(await temporaryDirectory(), 'cluster.db');
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', path, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  await Promise.race([once(server, 'connection'), ended]);
  const [probe] = probes;
  if (probe === undefined) throw new Error('the monitor ended without a probe');
  await once(probe, 'data');

  child.stdin.write('stop\n');
  expect(await ended).toEqual([0, null]);
  expect(said).toBe('stopped\n');
});
