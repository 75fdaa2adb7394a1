/** With a SQLite file each process's own clock is the registry's. A wrong one costs no node its place, and hides no death. */
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { EventLine } from '../../src/cli/event-lines.ts';
import { type Running, startCommand, temporaryDirectory } from './cli-process.ts';

const preload = pathToFileURL(fileURLToPath(new URL('shifted-clock.mjs', import.meta.url))).href;
const hourMs = 3_600_000;

/** Starts agents by id with the shift of each one's clock, and waits until each is watched by all the others. */
async function raise(
  registry: string,
  shifts: Readonly<Record<string, number>>,
): Promise<Map<string, Running>> {
  const agents = new Map(
    Object.entries(shifts).map(([id, shiftMs]) => [
      id,
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
          ...['--log-level', 'silent', '--events', '--probes', '--on-dead', 'true'],
        ],
        { environment: { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_MS: String(shiftMs) } },
      ),
    ]),
  );
  for (const [id, agent] of agents) {
    for (const other of agents.keys()) {
      if (other === id) continue;
      const isHit = (line: EventLine): boolean =>
        line.event === 'probe' && line.targetId === other && line['result'] === 'hit';
      await agent.waitFor(isHit, `a hit of ${other}`);
    }
  }
  return agents;
}

test.each([
  { title: 'an hour behind', victim: 'd', shifts: { a: 0, b: 0, c: 0, d: -hourMs } },
  { title: 'an hour ahead', victim: 'd', shifts: { a: 0, b: 0, c: 0, d: hourMs } },
  {
    title: 'right, among observers whose clocks are not',
    victim: 'd',
    shifts: { a: -hourMs, b: hourMs, d: 0 },
  },
])('a node with a clock that is $title is on the ring and watched, and its death is found', async (world) => {
  const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
  const agents = await raise(registry, world.shifts);
  agents.get(world.victim)?.signal('SIGKILL');
  const survivors = [...agents].filter(([id]) => id !== world.victim).map(([, agent]) => agent);
  // An owner whose lease looks old by another one's clock may lose it; the recovery is completed all the same.
  const isEnd = ({ event, targetId, ...line }: EventLine): boolean =>
    event === 'recovery-ended' && targetId === world.victim && line['outcome'] === 'completed';
  const ends = survivors.map((agent) => agent.waitFor(isEnd, 'the end of the recovery'));
  // Every node hears of it, and of the verdict before it.
  for (const end of await Promise.all(ends)) expect(end).toMatchObject({ targetEpoch: 1 });
  const dead = survivors.flatMap(({ lines }) => lines.filter(({ event }) => event === 'verdict'));
  expect(dead.map(({ targetId }) => targetId)).toEqual(survivors.map(() => world.victim));
});
