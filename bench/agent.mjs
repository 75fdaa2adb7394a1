/** Memory and CPU of one agent at default settings beside a bare node:http server process. Aim: 30 MB and 0.1 s a minute above it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, median, printTable } from './table.mjs';

const seconds = Number(process.env.RINGWATCH_BENCH_SECONDS ?? 60);
const ticksPerSecond = 100;
const folder = await mkdtemp(join(tmpdir(), 'ringwatch-bench-'));
const program = new URL('../dist/cli/main.js', import.meta.url).pathname;
const bare = spawn(process.execPath, [new URL('ping-server.mjs', import.meta.url).pathname], {
  stdio: ['pipe', 'ignore', 'inherit'],
});
const agents = ['a', 'b', 'c', 'd'].map((id) =>
  spawn(
    process.execPath,
    [
      ...[program, 'agent', '--node-id', id, '--registry', `sqlite:${join(folder, 'cluster.db')}`],
      ...['--listen', '127.0.0.1:0', '--log-level', 'error', '--until-stdin-ends'],
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  ),
);
try {
  await sleep(20_000);
  const before = [bare, ...agents].map(usage);
  await sleep(seconds * 1_000);
  const after = [bare, ...agents].map(usage);
  const cpu = after.map(
    (used, index) => ((used.ticks - before[index].ticks) / ticksPerSecond / seconds) * 60,
  );
  const agentCpu = median(cpu.slice(1));
  const [bareUse, ...agentUses] = after;
  printTable(`One agent at default settings, four in the cluster, over ${seconds} s`, [
    ['figure', 'bare node:http', 'agent', 'above it', 'aim'],
    row('private memory, MB', bareUse.privateMb, median(agentUses.map(({ privateMb }) => privateMb)), '30'),
    row('resident memory, MB', bareUse.residentMb, median(agentUses.map(({ residentMb }) => residentMb)), ''),
    row('CPU, seconds a minute', cpu[0], agentCpu, '0.1'),
  ]);
} finally {
  for (const child of [bare, ...agents]) child.stdin.end();
  await sleep(2_000);
  for (const child of [bare, ...agents]) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

function row(name, bareValue, agentValue, aim) {
  return [name, figure(bareValue || 0), figure(agentValue), figure(agentValue - bareValue), aim];
}

function usage({ pid }) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0);
  return {
    ticks: Number(fields[11]) + Number(fields[12]),
    privateMb: (kilobytes('Private_Dirty') + kilobytes('Private_Clean')) / 1_000,
    residentMb: kilobytes('Rss') / 1_000,
  };
}
