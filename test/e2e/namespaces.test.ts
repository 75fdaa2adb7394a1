/** Nodes that live and reach the registry, while something on the way to their ping port refuses for them. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { type EventLine, parseEventLine } from '../../src/cli/event-lines.ts';
import { resolveSettings } from '../../src/core/settings/config.ts';
import { NamespaceNetwork, obstacleToNamespaces } from '../harness/network-namespaces.ts';
import { eventually, temporaryDirectory } from './cli-process.ts';

type Child = ChildProcessByStdio<Writable, Readable, null>;

const port = 6001;
const rejected = 2;
const restarting = 4;
const paused = 6;
const closed = 8;
const killed = 9;
const places = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const faultMs = 20_000;
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sidecarFile = fileURLToPath(new URL('./sidecar.mjs', import.meta.url));
const closedListenerFile = fileURLToPath(new URL('./closed-listener.mjs', import.meta.url));

const cases = obstacleToNamespaces() === null ? (['lan', 'default', 'wan'] as const) : [];

test.for(cases)(
  'with %s a node that reaches the registry is never found dead, whatever refuses for it',
  async (preset) => {
    const network = new NamespaceNetwork('refusals');
    const directory = await temporaryDirectory();
    const children = new Set<Child>();
    const lines: EventLine[] = [];
    onTestFinished(async () => {
      await Promise.all([...children].map(end));
      network.remove();
    });

    const start = (place: number, command: readonly string[]): Child => {
      const [first, ...args] = network.inside(place, [process.execPath, ...command]);
      const child = spawn(first, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.on('error', () => undefined);
      children.add(child);
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = parseEventLine(text);
        if (line !== null) lines.push(line);
      });
      return child;
    };
    const startAgent = (place: number): Child => {
      const isBehindSidecar = place === restarting || place === paused;
      return start(place, [
        ...(place === closed ? ['--import', closedListenerFile] : []),
        ...[program, 'agent', '--node-id', `n${place}`, '--preset', preset],
        ...['--registry', `sqlite:${join(directory, 'cluster.db')}`, '--address', network.address(place)],
        ...['--listen', `${isBehindSidecar ? '127.0.0.1' : network.address(place)}:${port}`],
        ...['--startup-grace-period', '0', '--on-dead', 'true', '--events', '--log-level', 'silent'],
        '--until-stdin-ends',
      ]);
    };
    const startSidecar = (place: number, downMs: number): Child =>
      start(place, [sidecarFile, network.address(place), String(port), String(downMs)]);

    for (const place of places) network.add(place);
    const sidecar = startSidecar(restarting, 3_000);
    const otherSidecar = startSidecar(paused, 1_000);
    const agents = new Map(places.map((place) => [place, startAgent(place)]));
    const said = (event: string): EventLine[] => lines.filter((line) => line.event === event);
    await eventually(
      () => said('joined').filter(({ nodeId, targetId }) => nodeId === targetId).length === places.length,
      'all nodes to join',
    );
    // A round, so that all are known to answer.
    await sleep(1.2 * resolveSettings({ nodeId: 'any' }, preset).probeIntervalMs);

    const endsAt = performance.now() + faultMs;
    // One that is really dead shows that the others look.
    agents.get(killed)?.kill('SIGKILL');
    network.reject(rejected, port);
    agents.get(closed)?.kill('SIGUSR2');
    const pauseOne = async (): Promise<void> => {
      agents.get(paused)?.kill('SIGSTOP');
      otherSidecar.kill('SIGUSR2');
      await sleep(4_000);
      agents.get(paused)?.kill('SIGCONT');
    };
    const restartOne = async (): Promise<void> => {
      while (performance.now() < endsAt - 5_000) {
        sidecar.kill('SIGUSR2');
        await sleep(5_000);
      }
    };
    await Promise.all([pauseOne(), restartOne(), sleep(faultMs)]);
    await eventually(
      () => said('verdict').some(({ targetId }) => targetId === `n${killed}`),
      'the dead one to be found',
    );

    const foundDead = said('verdict').map(({ targetId }) => targetId);
    expect([...new Set(foundDead)]).toEqual([`n${killed}`]);
    expect(said('self-dead')).toEqual([]);
    const missed = new Set(said('suspect').map(({ targetId }) => targetId));
    expect([...missed]).toEqual(expect.arrayContaining([`n${rejected}`, `n${closed}`]));
  },
);

async function end(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
