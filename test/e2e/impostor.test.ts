/** Something else answers on a node's port, in its name and as an epoch that never began. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { EventLine } from '../../src/cli/event-lines.ts';
import { type Running, startCommand, temporaryDirectory } from './cli-process.ts';

const observers = ['a', 'b', 'd'] as const;

/** Answers as a later life of the node than any; resolves when it has answered that often. */
async function impersonate(node: string, port: number, answerCount: number): Promise<void> {
  let served = 0;
  let enough = (): void => {};
  const isEnough = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ status: 'ok', node, epoch: Number.MAX_SAFE_INTEGER }));
    if (++served === answerCount) enough();
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await isEnough;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

test('a node is watched as before when an impostor at its port has gone, and its real death is found', async () => {
  const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
  const start = (id: string, listen = '127.0.0.1:0'): Running =>
    startCommand([
      ...['agent', '--registry', registry, '--node-id', id, '--listen', listen],
      ...['--preset', 'local', '--log-level', 'silent', '--events', '--probes'],
    ]);
  const agents = observers.map((id) => start(id));
  const victim = start('c');
  const { port } = await victim.waitFor(({ event }) => event === 'joined', 'the join');
  const isHitOf =
    (epoch: number) =>
    (line: EventLine): boolean =>
      line.event === 'probe' &&
      line.targetId === 'c' &&
      line['result'] === 'hit' &&
      line['targetEpoch'] === epoch;
  for (const agent of agents) await agent.waitFor(isHitOf(1), 'a hit');

  victim.signal('SIGKILL');
  await victim.ended;
  await impersonate('c', Number(port), 4 * observers.length);
  const healthy = start('c', `127.0.0.1:${port}`);
  const joined = await healthy.waitFor(({ event }) => event === 'joined', 'the return');
  const epoch = Number(joined['targetEpoch']);
  for (const agent of agents) await agent.waitFor(isHitOf(epoch), 'a hit after the impostor');

  healthy.signal('SIGKILL');
  for (const agent of agents) {
    const isVerdict = (line: EventLine): boolean => line.event === 'verdict' && line['targetEpoch'] === epoch;
    expect(await agent.waitFor(isVerdict, 'the verdict')).toMatchObject({ targetId: 'c' });
    expect(agent.lines.filter((line) => Number(line['targetEpoch']) > epoch)).toEqual([]);
  }
});
