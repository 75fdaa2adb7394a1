/** A clean-up job deletes rows of `dns_nodes` under running agents, on a real file. */
import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

test('an agent puts its deleted row back and says so; one that cannot is found dead all the same', async () => {
  const file = join(await temporaryDirectory(), 'cluster.db');
  const registry = `sqlite:${file}`;
  const agents = ['node-a', 'node-b', 'node-c'].map((id) =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', '127.0.0.1:0', '--on-dead', 'true'],
      ...['--preset', 'local', '--log-level', 'warn', '--events'],
    ]),
  );
  const [first, victim] = agents;
  if (first === undefined || victim === undefined) throw new Error('three agents');
  for (const agent of agents)
    await agent.waitFor(
      ({ event, ...line }) => event === 'watching' && (line['targetIds'] as unknown[]).length === 2,
      'a whole ring',
    );
  const database = new Database(file, { timeout: 20_000 });
  onTestFinished(() => void database.close());
  const row = () =>
    database.prepare("SELECT ip_address, status FROM dns_nodes WHERE id = 'node-b'").all() as object[];
  const deleteRow = () => database.exec("DELETE FROM dns_nodes WHERE id = 'node-b'");
  const before = row();

  deleteRow();
  await eventually(() => row().length === 1, 'the row to be back');
  expect(row()).toEqual(before);
  await victim.waitForErrors(/The row of dns_nodes of node-b was deleted while its agent runs/);
  const { stdout } = await runCommand(['events', '--registry', registry]);
  expect(stdout).toMatch(/node-b has put its row of dns_nodes back, which another program had deleted/);

  victim.signal('SIGKILL');
  await victim.ended;
  deleteRow();
  await first.waitFor(({ event, targetId }) => event === 'verdict' && targetId === 'node-b', 'the verdict');
  expect(row()).toEqual([]);
});
