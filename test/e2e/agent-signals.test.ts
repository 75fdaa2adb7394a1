/** Every signal is decided on: which of them a real agent outlives, and which make it leave. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

const isWindows = process.platform === 'win32';

async function startAgent() {
  const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
  const agent = startCommand([
    ...['agent', '--registry', registry, '--node-id', 'a', '--listen', '127.0.0.1:0', '--preset', 'local'],
    ...['--events', '--log-level', 'silent'],
  ]);
  await agent.waitFor(({ event }) => event === 'joined', 'joined');
  const state = async (): Promise<string> => {
    const { stdout } = await runCommand(['status', '--registry', registry, '--json', '--all']);
    return JSON.parse(stdout).nodes[0].state;
  };
  return { agent, state };
}

test.skipIf(isWindows)(
  'an agent outlives signals of log rotations and timers, and opens no debugger',
  async () => {
    const { agent, state } = await startAgent();
    for (const name of [
      'SIGHUP',
      'SIGUSR1',
      'SIGUSR2',
      'SIGALRM',
      'SIGVTALRM',
      'SIGIO',
      'SIGXFSZ',
    ] as const) {
      agent.signal(name);
      const isOver = await Promise.race([agent.ended.then(() => true), sleep(300, false)]);
      expect({ name, isOver }).toEqual({ name, isOver: false });
    }
    expect(await state()).toBe('healthy');
    agent.signal('SIGTERM');
    expect(await agent.ended).toMatchObject({ code: 0, stderr: '' });
  },
);

test.skipIf(isWindows).each(['SIGINT', 'SIGQUIT', 'SIGXCPU'] as const)(
  'an agent that gets %s leaves the cluster',
  async (name) => {
    const { agent, state } = await startAgent();
    agent.signal(name);
    expect((await agent.ended).code).toBe(0);
    expect(await state()).toBe('left');
  },
);
