/** The demo from its start to its end, and what it leaves behind however it ends: nothing. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresServers } from '../harness/postgres-servers.ts';
import { eventually, isRunning, type Running, startCommand, temporaryDirectory } from './cli-process.ts';

interface Demo {
  readonly running: Running;
  /** Where it puts what it needs. */
  readonly directory: string;
}

async function startDemo(...flags: string[]): Promise<Demo> {
  const parent = await temporaryDirectory();
  // PostgreSQL is run by another user where we are root.
  await chmod(parent, 0o755);
  const directory = join(parent, 'tmp');
  await mkdir(directory);
  const running = startCommand(['demo', '--json', ...flags], { environment: { TMPDIR: directory } });
  return { running, directory };
}

/** Processes of agents that have told their ids. */
function agentPids({ lines }: Running): number[] {
  return lines.flatMap(({ event, ...line }) =>
    event === 'joined' && 'pid' in line ? [Number(line['pid'])] : [],
  );
}

async function expectNothingLeft({ running, directory }: Demo): Promise<void> {
  const pids = agentPids(running);
  expect(pids.length).toBeGreaterThan(0);
  await eventually(() => !pids.some(isRunning), 'every agent to be gone');
  await eventually(
    async () => (await readdir(directory)).length === 0,
    'the temporary directory to be empty',
  );
}

test.each<[string, string[]]>([
  ['an SQLite file', []],
  ['a real rqlite cluster', ['--rqlite']],
  ...postgresServers()
    .slice(0, 1)
    .map((): [string, string[]] => ['a real PostgreSQL server', ['--postgres']]),
])('on %s all of it happens, once, and nothing is left', async (_registry, flags) => {
  const demo = await startDemo(...flags);
  const { code, stdout, stderr } = await demo.running.ended;
  const summary = JSON.parse(stdout.split('\n').at(-1) ?? '');

  expect({ code, stderr, missing: summary.missing }).toEqual({ code: 0, stderr: '', missing: [] });
  expect(summary).toMatchObject({
    event: 'summary',
    isComplete: true,
    node: 'node-c',
    recoveryRunCount: 1,
    fence: 1,
  });
  const seconds: number[] = summary.steps.map(({ second }: { second: number }) => second);
  expect(seconds.every(Number.isFinite)).toBe(true);
  const named = (name: string): number =>
    summary.steps.find(({ what }: { what: string }) => what === name).second;
  expect(named('first miss')).toBeLessThan(named('suspect'));
  expect(named('suspect')).toBeLessThan(named('votes'));
  expect(named('recovery started')).toBeLessThan(named('recovery completed'));
  expect(named('recovery completed')).toBeLessThan(named('restart'));
  expect(named('restart')).toBeLessThan(named('recovered'));
  const started = demo.running.lines.filter(({ event }) => event === 'handler-started');
  expect(started).toHaveLength(1);
  await expectNothingLeft(demo);
});

test('a PostgreSQL server that is not there is told of once, before an agent starts', async () => {
  const { running, directory } = await startDemo('--postgres', 'postgres://me:secret@127.0.0.1:1/app');
  const { code, stdout, stderr } = await running.ended;

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /^error: PostgreSQL: The connection failed: .*127\.0\.0\.1:1\.\nSee whether it runs/,
  );
  expect(stderr).not.toContain('secret');
  expect(await readdir(directory)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle ends and removes everything', async (signal) => {
  const demo = await startDemo();
  await demo.running.waitFor(({ event }) => event === 'joined', 'an agent');
  const flags = execFileSync('ps', ['-ww', '-o', 'args=', '-p', agentPids(demo.running).join(',')], {
    encoding: 'utf8',
  });
  // The registry's URL may have a password, and all users of a machine see flags.
  expect(flags).toContain('--node-id');
  expect(flags).not.toContain('sqlite:');

  demo.running.signal(signal);
  const { code, stderr } = await demo.running.ended;
  expect({ code, stderr }).toEqual({
    code: 130,
    stderr: 'Interrupted; everything has been ended and removed.\n',
  });
  await expectNothingLeft(demo);
});

test('even a demo that is killed itself leaves nothing behind, its rqlite servers included', async () => {
  const demo = await startDemo('--rqlite');
  await demo.running.waitFor(({ event }) => event === 'suspect', 'the death');

  demo.running.signal('SIGKILL');
  await demo.running.ended;
  await expectNothingLeft(demo);
});

test('--keep goes on, starts a node again that was killed by hand, and ends with 0 at Ctrl-C', async () => {
  const demo = await startDemo('--keep', '--nodes', '3');
  const { running } = demo;
  const { lines } = running;
  const observersOf = (...events: string[]): Set<string> =>
    new Set(lines.filter(({ event }) => events.includes(event)).map(({ nodeId }) => nodeId));
  await running.waitFor(({ event }) => event === 'recovered', 'the staged return');
  await eventually(
    () => observersOf('recovered').size === observersOf('suspect', 'dead').size,
    'everything said to be taken back',
  );
  const victim = lines.findLast(
    ({ event, nodeId, targetId }) => event === 'joined' && nodeId === 'node-a' && targetId === nodeId,
  );
  process.kill(Number(victim?.['pid']), 'SIGKILL');
  await running.waitFor(
    (line) => line.event === 'joined' && line.targetId === 'node-a' && line['targetEpoch'] === 2,
    'node-a again',
  );

  running.signal('SIGINT');
  const { code, stdout } = await running.ended;
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({ event: 'summary', missing: [] });
  expect(code).toBe(0);
  await expectNothingLeft(demo);
});
