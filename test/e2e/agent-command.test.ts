/** Commands that an agent runs: checks and hooks. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAbort, systemClock } from '../../src/adapters/system/index.ts';
import { createCheck, parseCheck } from '../../src/agent/check.ts';
import { commandHandler, commandSelfDeadHook } from '../../src/agent/command-handler.ts';
import { runCommand } from '../../src/agent/run-command.ts';
import type { Death } from '../../src/monitor/events.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clock = systemClock;

function deathOf(change: Partial<Death> = {}): Death {
  return {
    nodeId: 'c',
    epoch: 4,
    fence: 17,
    attempt: 2,
    reason: null,
    voters: ['a', 'b'],
    evidence: [{ observerId: 'a', observerEpoch: 1, evidence: null }],
    signal: createAbort().signal,
    returned: createAbort().signal,
    ...change,
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function pidIn(file: string): Promise<number> {
  await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 20_000 }).toMatch(/^\d+\n/);
  return Number(await readFile(file, 'utf8'));
}

describe('a command', () => {
  it.each([
    ['exit 0', { exitCode: 0, problem: null, output: '' }],
    ['echo out; echo err >&2', { exitCode: 0, problem: null, output: expect.stringMatching(/out|err/) }],
    ['exit 7', { exitCode: 7, problem: 'exit code 7', output: '' }],
    ['kill -9 $$', { exitCode: null, problem: 'ended by SIGKILL', output: '' }],
    ['no-such-command-here', { exitCode: 127, output: expect.stringContaining('not found') }],
  ])('%j ends as it says', async (command, end) => {
    expect(await runCommand({ command, clock, signal: createAbort().signal })).toMatchObject(end);
  });

  it('keeps only the end of a long output', async () => {
    const command = 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done';
    const { output } = await runCommand({ command, clock, signal: createAbort().signal });
    expect(output.length).toBeLessThanOrEqual(2_000);
    expect(output).toMatch(/line 2999$/);
  });

  it('need not read what it is given', async () => {
    const end = await runCommand({
      command: 'exit 0',
      clock,
      signal: createAbort().signal,
      input: 'x'.repeat(1e6),
    });
    expect(end.exitCode).toBe(0);
  });

  it('is not waited for by what it leaves in the background', async () => {
    const file = join(folder, 'pid');
    const command = `sleep 60 & echo $! > ${file}`;
    const end = await runCommand({ command, clock, signal: createAbort().signal });
    expect(end.exitCode).toBe(0);
    process.kill(await pidIn(file));
  });

  it('is ended with all that it started, by force if need be', async () => {
    const [inner, stubborn] = [join(folder, 'inner'), join(folder, 'stubborn')];
    const command = `trap '' TERM; echo $$ > ${stubborn}; sh -c 'echo $$ > ${inner}; exec sleep 60'; sleep 60`;
    const abort = createAbort();
    const running = runCommand({ command, clock, signal: abort.signal, killAfterMs: 300 });
    const pids = [await pidIn(stubborn), await pidIn(inner)];
    abort.abort();
    expect(await running).toMatchObject({ exitCode: null, problem: 'ended by SIGKILL' });
    await expect.poll(() => pids.filter(isAlive), { timeout: 20_000 }).toEqual([]);
  });

  it('is not started when it is aborted already', async () => {
    const abort = createAbort();
    abort.abort();
    const end = await runCommand({ command: `touch ${folder}/x`, clock, signal: abort.signal });
    expect(end.problem).toBe('aborted before its start');
    await expect(readFile(join(folder, 'x'))).rejects.toThrow();
  });
});

describe('a recovery command', () => {
  it('gets the death in its environment and on its standard input', async () => {
    const file = join(folder, 'death');
    const command = `echo "$RINGWATCH_EVENT $RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_FENCE $RINGWATCH_ATTEMPT $RINGWATCH_VOTERS $RINGWATCH_REASON" > ${file}; cat >> ${file}`;
    await commandHandler({ command, clock })('c', deathOf({ reason: 'HTTP 500' }));
    const [environment, input, ...rest] = (await readFile(file, 'utf8')).split('\n');
    expect(environment).toBe('handler-started c 4 17 2 a,b HTTP 500');
    expect(JSON.parse(input ?? '')).toEqual({
      nodeId: 'c',
      epoch: 4,
      fence: 17,
      attempt: 2,
      voters: ['a', 'b'],
      reason: 'HTTP 500',
      evidence: [{ observerId: 'a', observerEpoch: 1, evidence: null }],
    });
    expect(rest).toEqual(['']);
  });

  it('that fails is a failed attempt, in its own words', async () => {
    const handler = commandHandler({ command: 'echo disk full >&2; exit 4', clock });
    await expect(async () => handler('c', deathOf())).rejects.toThrow('exit code 4: disk full');
  });

  it('is ended when the right to recover is lost', async () => {
    const abort = createAbort();
    const file = join(folder, 'pid');
    const handler = commandHandler({ command: `echo $$ > ${file}; sleep 60`, clock });
    const running = Promise.resolve(handler('c', deathOf({ signal: abort.signal })));
    const failing = expect(running).rejects.toThrow(/ended by SIGTERM/);
    const pid = await pidIn(file);
    abort.abort();
    await failing;
    expect(isAlive(pid)).toBe(false);
  });

  it('of this node’s own death gets node, epoch and reason', async () => {
    const file = join(folder, 'death');
    const command = `echo "$RINGWATCH_NODE $RINGWATCH_EPOCH $RINGWATCH_REASON" > ${file}`;
    const { signal } = createAbort();
    await commandSelfDeadHook({ command, clock })({ nodeId: 'a', epoch: 3, reason: 'verdict', signal });
    expect(await readFile(file, 'utf8')).toBe('a 3 verdict\n');
  });
});

describe('a check', () => {
  async function look(text: string) {
    const parsed = parseCheck(text);
    if (parsed === null) throw new Error('not a check');
    return createCheck(parsed, clock)(createAbort().signal);
  }

  it.each([
    ['exit 0', 'passed', 'the check command ended with exit code 0'],
    ['echo down; exit 1', 'failed', 'the check command failed: exit code 1: down'],
    ['http://127.0.0.1:1/', 'failed', 'connect ECONNREFUSED 127.0.0.1:1'],
    // It could not look, which says nothing of the application.
    ['no-such-command-here', 'not-run', 'exit code 127'],
    ['/dev/null', 'not-run', 'exit code 126'],
    ['kill -9 $$', 'not-run', 'ended by SIGKILL'],
    ['http://no-such-host.invalid/', 'not-run', 'no-such-host.invalid'],
  ])('%j has %s', async (text, outcome, reason) => {
    expect(await look(text)).toEqual({ outcome, reason: expect.stringContaining(reason) });
  });
});
