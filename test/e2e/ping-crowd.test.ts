/** A crowd at the ping port of a real agent: its observers go on hearing it, wherever the crowd comes from. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { EventLine } from '../../src/cli/event-lines.ts';
import { eventually, type Running, startCommand, temporaryDirectory } from './cli-process.ts';

const crowdProgram = fileURLToPath(new URL('crowd.mjs', import.meta.url));
const observers = ['b', 'c', 'd'] as const;

/** As many connections as the agent could not hold; resolves when some have been let go, or refused. */
async function startCrowd(port: number, manner: string): Promise<void> {
  const args = [crowdProgram, String(port), '300', manner, '127.0.0.1'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let closed = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    closed = JSON.parse(line).closed;
  });
  await eventually(() => closed > 150, 'a crowd');
}

function probesOf(agent: Running): EventLine[] {
  return agent.lines.filter(({ event, targetId }) => event === 'probe' && targetId === 'a');
}

// The limit of open files stands in for ten thousand connections, which not every machine has.
test.skipIf(process.platform !== 'linux').each(['idle', 'slow'])(
  'no observer votes an agent dead that has a crowd of %s connections from the observers’ own address',
  async (manner) => {
    const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
    const start = (id: string, openFiles: number): Running =>
      startCommand(
        [
          ...[
            'agent',
            '--registry',
            registry,
            '--node-id',
            id,
            '--listen',
            '127.0.0.1:0',
            '--preset',
            'local',
          ],
          ...[
            '--probe-interval',
            '500ms',
            '--probe-timeout',
            '500ms',
            '--probe-timeout-floor',
            '500ms',
            '--min-silence',
            '8s',
            '--log-level',
            'silent',
            '--events',
            '--probes',
          ],
        ],
        { openFiles },
      );
    const victim = start('a', 160);
    const agents = observers.map((id) => start(id, 1_024));
    const { port } = await victim.waitFor(({ event }) => event === 'joined', 'the join');
    for (const agent of agents) await eventually(() => probesOf(agent).length > 5, 'probes');

    await startCrowd(Number(port), manner);
    const before = agents.map((agent) => probesOf(agent).length);
    // A connection is kept for 25 probes: each observer has needed a new one.
    for (const [index, agent] of agents.entries()) {
      await eventually(() => probesOf(agent).length > (before[index] ?? 0) + 28, 'probes in the crowd');
      expect(agent.lines.filter(({ event, targetId }) => event === 'dead' && targetId === 'a')).toEqual([]);
      const hits = probesOf(agent).filter((line) => line['result'] === 'hit');
      expect(hits.length).toBeGreaterThan(probesOf(agent).length / 2);
    }
    const warnings = victim.lines.filter(({ event }) => event === 'warning');
    expect(warnings.filter((line) => line['code'] === 'ping-port')).toHaveLength(1);
  },
);
