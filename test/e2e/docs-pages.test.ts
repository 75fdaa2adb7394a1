/** The commands of the pages by task do what the pages say: each is run, in order, on a cluster of this machine. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../../src/cli/free-ports.ts';
import { codeBlocksOf, readMarkdown, root } from '../docs/markdown.ts';
import {
  type CommandEnd,
  eventually,
  type Running,
  runCommand,
  startCommand,
  temporaryDirectory,
} from './cli-process.ts';

/** A page's `ringwatch` commands and what is between them, and how each ended. */
class Page {
  readonly #path: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly ends = new Map<string, CommandEnd>();

  constructor(path: string, environment: NodeJS.ProcessEnv) {
    this.#path = path;
    this.#environment = environment;
  }

  /** Runs all lines of its shell blocks; those of other programs are the test's to perform. */
  async run(others: (line: string) => Promise<void> | void): Promise<void> {
    const shell = codeBlocksOf(readMarkdown(this.#path)).filter(({ language }) => language === 'sh');
    const lines = shell.flatMap(({ code }) => code.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      if (line.startsWith('ringwatch ')) this.ends.set(line, await this.ringwatch(line));
      else await others(line);
    }
  }

  ringwatch(line: string): Promise<CommandEnd> {
    return runCommand(line.split(' ').slice(1), { environment: this.#environment });
  }

  /** Fails with what was printed, unless all ended with 0. */
  expectSuccess(): void {
    for (const [line, end] of this.ends) expect({ line, ...end }).toMatchObject({ line, code: 0 });
  }
}

let folder: string;
let registry: string;

beforeEach(async () => {
  folder = await temporaryDirectory();
  registry = `sqlite:${join(folder, 'cluster.db')}`;
});

function startAgents(environments: readonly NodeJS.ProcessEnv[]): Promise<readonly Running[]> {
  const agents = environments.map((environment) =>
    startCommand(['agent', '--events', '--probes'], { environment }),
  );
  return Promise.all(
    agents.map(async (agent) => {
      // Only what has answered its observers once is past their grace.
      await agent.waitFor(({ event, ['result']: result }) => event === 'probe' && result === 'hit', 'a hit');
      return agent;
    }),
  );
}

test('choosing a preset: the settings are explained, and no healthy node dies in the simulation', async () => {
  const page = new Page('docs/choosing-a-preset.md', {});
  await page.run((line) => expect(line).toBe('only ringwatch'));

  page.expectSuccess();
  const [explained, simulated] = [...page.ends.values()].map(({ stdout }) => stdout);
  expect(explained).toContain('a pause of its process of at most');
  expect(simulated).toMatch(/confirmed +2 +100 %/);
  expect(simulated).toMatch(/verdicts +0 .*\n +of healthy nodes +0/);
});

test('monitoring: each command of the page looks at a cluster that is well', async () => {
  const ports = await freePorts(3);
  const environments = ports.map((port, index) => ({
    ...{ RINGWATCH_REGISTRY: registry, RINGWATCH_PRESET: 'local', RINGWATCH_NODE_ID: `node-${index + 1}` },
    RINGWATCH_LISTEN: `127.0.0.1:${port}`,
  }));
  await startAgents(environments);
  const page = new Page('docs/monitoring.md', { RINGWATCH_REGISTRY: registry });
  await page.run((line) => expect(line).toBe('only ringwatch'));

  page.expectSuccess();
  expect(JSON.parse(page.ends.get('ringwatch status --json')?.stdout ?? '')).toMatchObject({
    nodes: [{}, {}, {}],
  });
  expect(page.ends.get('ringwatch why node-3')?.stdout).toContain('node-3');
});

test('five machines: the unit starts five agents, one is frozen, found dead, recovered, and comes back', async () => {
  const texts = codeBlocksOf(readMarkdown('docs/five-machines.md')).filter(
    ({ language }) => language === 'text',
  );
  const [environmentFile = '', unit = ''] = texts.map(({ code }) => code);
  const given = Object.fromEntries(
    environmentFile
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/, 2)),
  );
  const command = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
  expect(command).toEqual(['/usr/bin/node', '/opt/ringwatch/dist/cli/main.js', 'agent']);
  expect(unit).toContain('EnvironmentFile=/etc/ringwatch.env');
  expect(readFileSync(join(root, 'package.json'), 'utf8')).toContain('"./dist/cli/main.js"');

  const application = createServer((_, response) => response.end('well'));
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
  const health = `http://127.0.0.1:${(application.address() as { port: number }).port}/health`;
  const takeOver = `TAKEOVER_FOLDER='${folder}' '${join(root, 'examples/on-dead.sh')}'`;
  const ports = await freePorts(5);
  /** The same file, with what is of this machine and quick. */
  const machine = (port: number, index: number): NodeJS.ProcessEnv => ({
    ...given,
    ...{ RINGWATCH_REGISTRY: registry, RINGWATCH_PRESET: 'local', RINGWATCH_CHECK: health },
    ...{ RINGWATCH_NODE_ID: `node-${index + 1}`, RINGWATCH_ADDRESS: '127.0.0.1' },
    ...{ RINGWATCH_LISTEN: `127.0.0.1:${port}`, RINGWATCH_ON_DEAD: takeOver },
  });
  expect(Object.keys(machine(0, 0)).toSorted()).toEqual(Object.keys(given).toSorted());

  let agents: readonly Running[] = [];
  const page = new Page('docs/five-machines.md', { RINGWATCH_REGISTRY: registry });
  const statusSays = (pattern: RegExp) =>
    eventually(
      async () => pattern.test((await page.ringwatch('ringwatch status')).stdout),
      `status to say ${pattern}`,
    );
  try {
    await page.run(async (line) => {
      const signal = /^sudo systemctl kill --signal (\w+) ringwatch$/.exec(line)?.[1];
      if (line === 'sudo systemctl enable --now ringwatch') {
        agents = await startAgents(ports.map(machine));
        await statusSays(/5 nodes: 5 healthy/);
      } else if (signal === 'STOP') {
        agents[2]?.signal('SIGSTOP');
        await eventually(
          async () =>
            /has recovered|recovered node-3/.test((await page.ringwatch('ringwatch why node-3')).stdout),
          'the recovery of node-3',
        );
      } else if (signal === 'CONT') agents[2]?.signal('SIGCONT');
      else expect(line).toMatch(/^git clone |^npm ci /);
    });
    await statusSays(/node-3 .*healthy/);
  } finally {
    application.close();
    application.closeAllConnections();
  }
  expect(page.ends.get('ringwatch ring')).toMatchObject({ code: 0 });
  expect(page.ends.get('ringwatch why node-3')?.stdout).toMatch(/node-3/);
  expect(readFileSync(join(folder, 'node-3'), 'utf8')).toBe('1\n');
});

test('README: the agents of its commands tell their process, and one that is killed is found and recovered', async () => {
  const blocks = codeBlocksOf(readMarkdown('README.md')).filter(({ code }) =>
    code.startsWith('npx ringwatch '),
  );
  const lines = blocks.flatMap(({ code }) => code.trim().split('\n'));
  // `npx ringwatch` as in a checkout that is built.
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(root, 'dist/cli/main.js')}' "$@"\n`;
  await writeFile(join(folder, 'npx'), npx, { mode: 0o755 });
  const ports = await freePorts(3);
  const environment = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH']}`,
    RINGWATCH_REGISTRY: registry,
    // A reader is slower than this test, which ends b before it has answered the others.
    RINGWATCH_STARTUP_GRACE_PERIOD: '0s',
  };
  const shell = (line: string) => spawn('sh', ['-c', `exec ${line}`], { env: environment });
  const shown = new Map<string, string>();
  let processOfB = '';
  let story = '';
  for (const line of lines) {
    const id = /^npx ringwatch agent .*--node-id (\w)/.exec(line)?.[1];
    if (id !== undefined) {
      const agent = shell(line.replace(/--listen \d+/, `--listen 127.0.0.1:${ports.pop()}`));
      onTestFinished(() => void agent.kill('SIGKILL'));
      for (const stream of [agent.stdout, agent.stderr])
        stream.setEncoding('utf8').on('data', (part: string) => shown.set(id, (shown.get(id) ?? '') + part));
      await eventually(() => / as process \d+/.test(shown.get(id) ?? ''), `the process of ${id}`);
      if (id === 'b') processOfB = / as process (\d+)/.exec(shown.get(id) ?? '')?.[1] ?? '';
    } else if (line.startsWith('kill ')) {
      expect(line).toBe('kill -KILL PROCESS_OF_B');
      process.kill(Number(processOfB), 'SIGKILL');
      const isRecovered = () => ['a', 'c'].some((one) => shown.get(one)?.includes('recover b under fence 1'));
      await eventually(isRecovered, 'a recovery of b');
    } else {
      const { stdout } = shell(line);
      story = '';
      for await (const part of stdout) story += part;
    }
  }
  expect(lines.at(-1)).toBe('npx ringwatch why b');
  expect(story).toMatch(/recovered/);
});
