/** The packed package, looked at as its users' tools will. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../src/cli/free-ports.ts';
import { type Packed, pack, root, run, succeed } from './packed.ts';

let packed: Packed;
let project: string;

beforeAll(async () => {
  packed = await pack();
  project = join(packed.folder, 'project');
  await mkdir(project);
  await writeFile(
    join(project, 'package.json'),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  );
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', packed.tarball];
  await succeed('npm', install, project);
}, 120_000);

afterAll(() => packed?.remove());

describe('the tarball', () => {
  test('has code, types, source maps, sources and documents, and no tests', () => {
    expect(packed.files).toEqual(
      expect.arrayContaining([
        'dist/index.js',
        'dist/index.js.map',
        'dist/index.d.ts',
        'dist/index.d.ts.map',
        'dist/cli/main.js',
        'src/index.ts',
        'docs/design.md',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'package.json',
      ]),
    );
    const strays = packed.files.filter(
      (path) => !/^(dist|src|docs|examples)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path),
    );
    expect(strays).toEqual([]);
    expect(packed.files.filter((path) => /\.test\.|tsbuildinfo/.test(path))).toEqual([]);
  });

  test('has every source that a source map names', async () => {
    const maps = packed.files.filter((path) => path.endsWith('.map'));
    const missing: string[] = [];
    for (const path of maps) {
      const map = JSON.parse(await readFile(installed(path), 'utf8')) as { sources: string[] };
      for (const source of map.sources) {
        const target = posix.join(posix.dirname(path), source);
        if (!packed.files.includes(target)) missing.push(`${path}: ${source}`);
      }
    }

    expect(maps.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });

  test('gives publint nothing to say', async () => {
    const { buffer, byteOffset, byteLength } = await readFile(packed.tarball);
    const tarball = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });

    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([]);
  });

  test('gives "are the types wrong" nothing to say', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    // Where it finds a problem it exits at once, and what it prints may be cut: only its success is read.
    // `require` of a module is told of and works; the old resolution without "exports" finds the types too.
    const rules = ['--profile', 'strict', '--ignore-rules', 'cjs-resolves-to-esm'];
    const args = [attw, packed.tarball, '--no-definitely-typed', ...rules, '--format', 'json'];
    const { stdout } = await succeed(process.execPath, args, packed.folder);

    expect(JSON.parse(stdout)).toMatchObject({ analysis: { types: { kind: 'included' } } });
  });
});

describe('an empty project that installs it', () => {
  test('runs a five-line program', async () => {
    const program = [
      "import { Monitor, openRegistry, ringNeighbors } from 'ringwatch';",
      "const registry = await openRegistry('sqlite:./cluster.db');",
      "const monitor = new Monitor({ nodeId: 'node-a', registry });",
      'await registry.close();',
      "console.log(monitor.settings.neighbors, ringNeighbors([{ id: 'b' }, { id: 'a' }], 'a', 3));",
    ];
    await writeFile(join(project, 'program.js'), `${program.join('\n')}\n`);

    const { stdout } = await succeed(process.execPath, ['program.js'], project);

    expect(stdout).toBe("3 [ { id: 'b' } ]\n");
  });

  test("runs the README's program", async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, program = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? [];
    const [port] = await freePorts(1);
    await writeFile(join(project, 'readme.js'), program);
    const child = spawn(process.execPath, ['readme.js', 'a', String(port)], { cwd: project });
    try {
      let shown = '';
      for await (const part of child.stdout) {
        shown += part;
        if (/event: .*joined/.test(shown)) break;
      }
      expect(shown).toContain(String(port));
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('has the command', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await succeed(join(project, 'node_modules/.bin/ringwatch'), ['--version'], project);

    expect(stdout.trim()).toBe(version);
  });

  test.each([
    ['nodenext', 'without any platform types', []],
    ['bundler', 'without any platform types', []],
    ['nodenext', 'with the types of Node', ['node']],
    ['bundler', 'with the types of Node', ['node']],
  ] as const)('type-checks with %s resolution, %s', async (moduleResolution, _, types) => {
    await plantConsumer(moduleResolution, types);

    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await run(
      process.execPath,
      [tsc, '-p', 'tsconfig.json', '--pretty', 'false'],
      project,
    );

    expect(stdout).toBe('');
  });
});

function installed(path: string): string {
  return join(project, 'node_modules/ringwatch', path);
}

/** A strict consumer. Where there is an `AbortSignal`, the handler's signal must be that very type. */
async function plantConsumer(moduleResolution: string, types: readonly string[]): Promise<void> {
  const program = [
    "import { type ClaimRequest, type ClaimResult, type Death, MemoryRegistry, Monitor, type Statement } from 'ringwatch';",
    'export class Mine extends MemoryRegistry {',
    '  override claim(request: ClaimRequest): Promise<ClaimResult> { return super.claim(request); }',
    '}',
    'await using registry = new MemoryRegistry({ now: () => 0 });',
    'export const monitor = new Monitor({ nodeId: "node-a", registry, preset: "lan" });',
    "monitor.on('suspect', ({ targetId, evidence }: Statement) => void [targetId.length, evidence.missCount]);",
    'monitor.onNodeDead(async (nodeId: string, death: Death) => {',
    '  if (death.signal.aborted) throw new Error(nodeId + death.fence.toFixed());',
    '  death.voters.map((voter) => voter.length);',
    '});',
    ...(types.length === 0
      ? []
      : [
          "import { Agent } from 'ringwatch/agent';",
          "import { openRqliteRegistry } from 'ringwatch/rqlite';",
          "import { experimentOptions, runExperiment } from 'ringwatch/sim';",
          'export const measured = runExperiment(experimentOptions({ nodes: 5, crashCount: 1 }));',
          "import { openSqliteRegistry } from 'ringwatch/sqlite';",
          "import { registryContract } from 'ringwatch/testing';",
          'export const all = [Agent, openRqliteRegistry, openSqliteRegistry, registryContract];',
          'export const fetched = (death: Death) => fetch("http://localhost", { signal: death.signal });',
          'export const running: Promise<void> = monitor.start({ signal: AbortSignal.timeout(1) });',
        ]),
    '// @ts-expect-error: settings are typed.',
    'export const wrong = () => new Monitor({ nodeId: 1, registry });',
  ];
  await writeFile(join(project, 'consumer.ts'), `${program.join('\n')}\n`);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023'],
    module: moduleResolution === 'bundler' ? 'preserve' : 'nodenext',
    moduleResolution,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types,
  };
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
  );
  for (const name of ['@types/node', 'undici-types']) {
    const target = join(project, 'node_modules', name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(root, 'node_modules', name), target).catch(() => {});
  }
}
