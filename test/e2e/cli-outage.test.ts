/** Commands that watch go on through an outage of the registry: a real rqlite that is killed and comes back. */
import { expect, onTestFinished, test } from 'vitest';
import { openRegistry } from '../../src/library/open-registry.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';
import { startTestCluster } from '../harness/rqlite-cluster.ts';
import { startCommand } from './cli-process.ts';

test('events --follow and status --watch tell of an outage once, and go on when it is over', async () => {
  const cluster = await startTestCluster({ nodeCount: 1 });
  onTestFinished(() => cluster.dispose());
  const registry = await openRegistry(cluster.url);
  onTestFinished(() => registry.close());
  await registry.migrate();
  await registry.join(joinRequest('node-a', 'a'));
  const options = ['--json', '--registry', cluster.url, '--timeout', '2s'];
  const events = startCommand(['events', '--follow', ...options]);
  const status = startCommand(['status', '--watch', ...options]);
  await events.waitForOutput(/"kind":"joined".*"targetId":"node-a"/);
  await status.waitForOutput(/"id":"node-a","state":"healthy"/);

  await cluster.kill(0);
  const begins = /^The registry does not answer, and is asked again: .*$/m;
  await Promise.all([events.waitForErrors(begins), status.waitForErrors(begins)]);
  await cluster.restart(0);
  await cluster.leader();
  await expect
    .poll(() => registry.join(joinRequest('node-b', 'b')).catch(() => null), { timeout: 30_000 })
    .toMatchObject({ epoch: 1 });
  await events.waitForOutput(/"targetId":"node-b"/);
  await status.waitForOutput(/"id":"node-b"/);

  for (const command of [events, status]) {
    command.signal('SIGINT');
    const { code, stdout, stderr } = await command.ended;
    expect(code).toBe(0);
    expect(stderr.split('\n').slice(0, 2)).toEqual([expect.stringMatching(begins), 'The registry is back.']);
    for (const line of stdout.split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  }
  const { stdout } = await events.ended;
  expect(stdout.match(/"kind":"joined"/g)).toHaveLength(2);
});

test('an outage keeps no user from ending a command that watches', async () => {
  const cluster = await startTestCluster({ nodeCount: 1 });
  onTestFinished(() => cluster.dispose());
  const registry = await openRegistry(cluster.url);
  onTestFinished(() => registry.close());
  await registry.migrate();
  const status = startCommand(['status', '--watch', '--json', '--registry', cluster.url]);
  await status.waitForOutput(/"nodes":\[\]/);

  await cluster.stop(0);
  await status.waitForErrors(/does not answer/);
  status.signal('SIGTERM');
  expect((await status.ended).code).toBe(0);
});
