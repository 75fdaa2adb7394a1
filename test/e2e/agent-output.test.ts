/** Telling may fail, doing goes on: real agents whose events or log cannot be written, and one with an uncaught error. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { eventually, runCommand, temporaryDirectory } from './cli-process.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Outputs {
  /** Paths of files. */
  readonly stdout: string;
  readonly stderr: string;
  readonly nodeOptions?: string;
}

/** An agent whose output goes to files; the end of it, with its exit code. */
function startAgent(registry: string, { stdout, stderr, nodeOptions = '' }: Outputs) {
  const [out, err] = [openSync(stdout, 'w'), openSync(stderr, 'w')];
  const child = spawn(
    process.execPath,
    [
      ...[main, 'agent', '--registry', registry, '--node-id', 'a', '--listen', '127.0.0.1:0'],
      ...['--preset', 'local', '--events', '--probes', '--heartbeat-interval', '200ms'],
    ],
    { stdio: ['ignore', out, err], env: { ...process.env, NODE_OPTIONS: nodeOptions } },
  );
  closeSync(out);
  closeSync(err);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
}

async function nodeIn(registry: string): Promise<{ state?: string }> {
  const { stdout } = await runCommand(['status', '--registry', registry, '--json', '--all']);
  return stdout === '' ? {} : (JSON.parse(stdout).nodes[0] ?? {});
}

const hasFullDevice = process.platform === 'linux';

test.skipIf(!hasFullDevice).each([
  ['events', 'error.log', (log: string) => log.split('events are dropped').length - 1],
  ['log', 'events.jsonl', (events: string) => events.split('lines of the log are dropped').length - 1],
])(
  'an agent whose %s go to a full disk warns once, stays in the cluster, and leaves when told to',
  async (what, other, warnings) => {
    const directory = await temporaryDirectory();
    const registry = `sqlite:${join(directory, 'cluster.db')}`;
    const kept = join(directory, other);
    const [stdout, stderr] = what === 'events' ? ['/dev/full', kept] : [kept, '/dev/full'];
    const { child, ended } = startAgent(registry, { stdout, stderr });

    await eventually(async () => (await nodeIn(registry)).state === 'healthy', 'a member');
    await eventually(async () => warnings(await readFile(kept, 'utf8')) > 0, 'a warning');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect((await nodeIn(registry)).state).toBe('left');
    expect(warnings(await readFile(kept, 'utf8'))).toBe(1);
  },
);

test('an agent leaves the cluster after an error that no code has caught, and exits with 1', async () => {
  const directory = await temporaryDirectory();
  const registry = `sqlite:${join(directory, 'cluster.db')}`;
  const [stdout, stderr] = [join(directory, 'events.jsonl'), join(directory, 'error.log')];
  const fault = "process.once('SIGPIPE',()=>{throw new Error('planted')})";
  const nodeOptions = `--import "data:text/javascript,${encodeURIComponent(fault)}"`;
  const { child, ended } = startAgent(registry, { stdout, stderr, nodeOptions });

  await eventually(async () => (await nodeIn(registry)).state === 'healthy', 'a member');
  child.kill('SIGPIPE');
  expect(await ended).toBe(1);
  expect((await nodeIn(registry)).state).toBe('left');
  expect(await readFile(stderr, 'utf8')).toContain(
    'this node leaves, since an error was not caught: planted',
  );
});
