/**
 * From the SIGKILL of an application under `ringwatch run` to the start of its recovery on another node, on SQLite with no
 * restart grace. Aim: 0.3 s at most. Arguments: how many deaths (10).
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, median, printTable } from './table.mjs';

const deathCount = Number(process.argv[2] ?? 10);
const folder = await mkdtemp(join(tmpdir(), 'ringwatch-bench-'));
const program = new URL('../dist/cli/main.js', import.meta.url).pathname;
const limitMs = 20_000;

/** Starts an agent, and keeps its event lines. */
function start(command, id, ...words) {
  const flags = [
    ...['--registry', `sqlite:${join(folder, 'cluster.db')}`, '--node-id', id],
    ...['--listen', '127.0.0.1:0', '--preset', 'local', '--events', '--log-level', 'silent'],
    ...['--restart-grace', '0', '--max-dead-fraction', '1', '--on-dead', 'exit 0'],
  ];
  const child = spawn(process.execPath, [program, command, ...flags, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (text) => lines.push(JSON.parse(text)));
  return { child, lines };
}

/** Asks again until it gives something. */
async function eventually(look) {
  for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; await sleep(20)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`nothing within ${limitMs} ms`);
}

const agents = ['a', 'b', 'c', 'd'].map((id) => start('agent', id));
const latencies = [];
try {
  for (let count = 1; count <= deathCount; count++) {
    const pidFile = join(folder, `pid-${count}`);
    const script = `echo $$ > '${pidFile}'; exec sleep 600`;
    // Another node each time: one that dies again and again is recovered ever later.
    const id = `n${count}`;
    const sick = start('run', id, '--', 'sh', '-c', script);
    await eventually(() => sick.lines.some(({ event }) => event === 'joined'));
    const pid = Number(await eventually(() => readFile(pidFile, 'utf8').catch(() => '')));
    // A moment in the ring, at another phase of the rounds each time.
    await sleep(1_500 + Math.random() * 500);
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const started = await eventually(() =>
      agents
        .flatMap(({ lines }) => lines)
        .find((line) => line.event === 'handler-started' && line.targetId === id),
    );
    latencies.push(Date.parse(started.at) - killedAt);
    await eventually(() => sick.child.exitCode !== null);
  }
  printTable(`${deathCount} applications killed under run, four other nodes, SQLite, no restart grace`, [
    ['figure', 'ms', 'aim'],
    ['median', figure(median(latencies)), ''],
    ['longest', figure(Math.max(...latencies)), '300'],
  ]);
} finally {
  for (const { child } of agents) child.kill('SIGTERM');
  await sleep(2_000);
  for (const { child } of agents) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}
