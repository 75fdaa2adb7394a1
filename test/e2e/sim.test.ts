/** `ringwatch sim` as a process, on small clusters for minutes of virtual time. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EventLine } from '../../src/cli/event-lines.ts';
import { swarmPlan } from '../../src/sim/swarm/plan.ts';
import { planFromJson, planToJson } from '../../src/sim/swarm/plan-json.ts';
import { runCommand, startCommand, temporaryDirectory } from './cli-process.ts';

const small = ['--nodes', '6', '--preset', 'local', '--minutes', '3', '--crash', '2'];

/** JSON lines of a command's stdout. */
function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A world that breaks a promise: its registry falls silent when the faults should have ended. */
function failingPlan(): string {
  const plan = swarmPlan(3);
  const at = plan.faultsEndAt + 1_000;
  const silence = { at, kind: 'registry', state: 'silent', durationMs: 1_000_000_000 } as const;
  return planToJson({ ...plan, faults: [...plan.faults, silence] });
}

test('the same seed gives the same result, to the byte, but for the wall time; another seed another one', async () => {
  const run = async (seed: string): Promise<string> => {
    const { code, stdout } = await runCommand(['sim', ...small, '--seed', seed, '--loss', '0.05', '--json']);
    expect(code).toBe(0);
    return stdout.replace(/"wallMs":\d+/, '"wallMs":0').replaceAll(/--seed \d+|"seed":\d+/g, '');
  };
  const first = await run('7');

  expect(await run('7')).toBe(first);
  expect(await run('8')).not.toBe(first);
});

test('the result holds the options, the deaths, the summary and the line that gives it again', async () => {
  const { stdout } = await runCommand(['sim', ...small, '--seed', '7', '--json']);

  expect(jsonLines(stdout)).toMatchObject([
    {
      kind: 'result',
      command: 'ringwatch sim --nodes 6 --preset local --crash 2 --minutes 3 --seed 7',
      results: [
        {
          options: { nodes: 6, seed: 7, rules: 'ringwatch', crashCount: 2 },
          deaths: [{ runCount: 1 }, { runCount: 1 }],
          summary: { deathCount: 2, neverConfirmedCount: 0, recoveredOnceCount: 2 },
        },
      ],
    },
  ]);
});

test('people get a summary, and no progress where there is no terminal', async () => {
  const { code, stdout, stderr } = await runCommand(['sim', ...small]);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^6 nodes, preset local, latency lan, 2 crashes, for 3 min, seed 1\n/);
  expect(stdout).toMatch(/^ {2}confirmed +2 +100 %$/m);
  expect(stderr).toBe('');
});

test('the page and the CSV are written where they were asked for, and nothing else is', async () => {
  const directory = await temporaryDirectory();
  const args = ['sim', ...small, '--compare', 'original', '--html', 'report.html', '--csv', 'deaths.csv'];
  const { code, stdout } = await runCommand(args, { directory });
  const page = await readFile(join(directory, 'report.html'), 'utf8');
  const lines = (await readFile(join(directory, 'deaths.csv'), 'utf8')).trim().split('\r\n');

  expect(code).toBe(0);
  expect(stdout).toContain('Written: deaths.csv, report.html');
  expect((await readdir(directory)).toSorted()).toEqual(['deaths.csv', 'report.html']);
  expect(page).not.toMatch(/<script|<link|<img|url\(|https?:|src=|href=/i);
  expect(page).toContain('--compare original');
  expect(lines.map((line) => line.split(',')[0])).toEqual(['rules', ...two('ringwatch'), ...two('original')]);
});

function two(name: string): string[] {
  return [name, name];
}

test('a comparison runs the same crashes under both rules', async () => {
  const { stdout } = await runCommand(['sim', ...small, '--compare', 'original', '--json']);
  const results = jsonLines(stdout)[0]?.['results'] as { options: object; deaths: { nodeId: string }[] }[];

  expect(results.map(({ options }) => options)).toMatchObject([
    { rules: 'ringwatch' },
    { rules: 'original' },
  ]);
  expect(results[1]?.deaths.map(({ nodeId }) => nodeId)).toEqual(
    results[0]?.deaths.map(({ nodeId }) => nodeId),
  );
});

test('the story is a line an event, before the summary', async () => {
  const { stdout } = await runCommand(['sim', ...small, '--trace', '--json']);
  const lines = jsonLines(stdout);

  expect(lines.at(-1)).toMatchObject({ kind: 'result' });
  expect(lines.slice(0, -1).every(({ kind }) => kind === 'story')).toBe(true);
  expect(stdout).toMatch(/crash/);
});

test('everything wrong in a command line is told at once, and nothing runs', async () => {
  const args = [
    'sim',
    '--nodes',
    '1',
    '--loss',
    '2',
    '--hours',
    'x',
    '--scenario',
    'nope',
    '--dead-after',
    '0',
  ];
  const { code, stdout, stderr } = await runCommand(args);

  expect(code).toBe(2);
  expect(stdout).toBe('');
  for (const flag of ['--nodes', '--loss', '--hours', '--scenario', '--dead-after'])
    expect(stderr).toContain(`  ${flag}: `);
});

test('a file that cannot be written is told before the run, and leaves no other file behind', async () => {
  const directory = await temporaryDirectory();
  const args = ['sim', '--nodes', '5000', '--hours', '1000', '--csv', 'a.csv', '--html', 'none/a.html'];
  const { code, stderr } = await runCommand(args, { directory });

  expect(code).toBe(1);
  expect(stderr).toMatch(/none\/a\.html.*no such.*Nothing was run/);
  expect(await readdir(directory)).toEqual([]);
});

test('the scenarios have names, and a name runs', async () => {
  const { stdout } = await runCommand(['sim', '--list', '--json']);
  const [list] = jsonLines(stdout) as unknown as { name: string; description: string }[][];
  expect(list?.map(({ name }) => name)).toContain('isolated-member');

  const args = [
    'sim',
    '--scenario',
    'isolated-member',
    '--nodes',
    '5',
    '--preset',
    'local',
    '--minutes',
    '5',
  ];
  expect((await runCommand(args)).code).toBe(0);
});

test('swarm worlds are run under the checkers, and their totals told', async () => {
  const { code, stdout } = await runCommand(['sim', '--swarm', '--seeds', '1-3']);

  expect(code).toBe(0);
  expect(stdout).toMatch(/^3 seeds, .* virtual node-years, \d+ faults, .*\.\nEvery promise was kept\.\n$/);
});

test('a broken promise is told with the line that runs it again, and can be made smaller', async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'plan.json'), failingPlan());
  const { code, stdout } = await runCommand(['sim', '--plan', 'plan.json'], { directory });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^plan\.json: \d+ broken promises?\n {2}[SLC]\d {2}\d+\.\d{3} s /);
  expect(stdout).toContain('again: ringwatch sim --plan plan.json --trace');

  const shrunk = await runCommand(['sim', '--plan', 'plan.json', '--shrink'], { directory });
  const smaller = planFromJson(shrunk.stdout);
  expect(shrunk.code).toBe(1);
  expect(smaller.faults.length).toBeLessThan(planFromJson(failingPlan()).faults.length / 2);

  await writeFile(join(directory, 'smaller.json'), shrunk.stdout);
  const again = await runCommand(['sim', '--plan', 'smaller.json', '--trace'], { directory });
  expect(again.code).toBe(1);
  expect(again.stdout.split('\n').length).toBeGreaterThan(10);
});

test.skipIf(process.platform === 'win32')(
  'a plan without an end is read no further than a plan can be',
  async () => {
    const { code, stderr } = await runCommand(['sim', '--plan', '/dev/zero']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: /dev/zero is no plan: it has more than 16 MB.\n',
    });
  },
);

test('a plan that is none is refused with everything that is wrong in it', async () => {
  const directory = await temporaryDirectory();
  await writeFile(
    join(directory, 'plan.json'),
    JSON.stringify({ ...JSON.parse(failingPlan()), seed: -1, faults: 5 }),
  );
  const { code, stderr } = await runCommand(['sim', '--plan', 'plan.json'], { directory });

  expect(code).toBe(2);
  expect(stderr).toMatch(/plan\.json: Invalid plan:\n {2}seed: .*\n {2}faults: /);
});

test('Ctrl-C ends a run between two worlds, with what was done so far', async () => {
  const command = startCommand(['sim', '--swarm', '--seeds', '1-100000', '--json']);
  await command.waitForOutput(/"kind":"seed"/);
  command.signal('SIGINT');
  const { code, stdout, stderr } = await command.ended;

  expect(code).toBe(130);
  expect(stderr).toBe('Interrupted.\n');
  expect((JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as EventLine)['kind']).toBe('totals');
});

test('a dense world counts its disturbances, and no healthy node is confirmed dead', async () => {
  const { code, stdout } = await runCommand(['sim', '--dense', '--seed', '10', '--preset', 'lan', '--json']);
  const [seed, totals] = jsonLines(stdout);

  expect(code).toBe(0);
  expect(seed).toMatchObject({ kind: 'seed', seed: 10, broken: [], wrongVerdictCount: 0 });
  expect(totals).toMatchObject({ kind: 'totals', seedCount: 1, wrongVerdictCount: 0, violationCount: 0 });
});
