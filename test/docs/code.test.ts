/** The code in the documentation is right: TypeScript compiles, SQL runs, and shell lines name what exists. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, test } from 'vitest';
import { allMarkdown, type CodeBlock, codeBlocksOf, root } from './markdown.ts';

const blocks = allMarkdown().flatMap(codeBlocksOf);
const inLanguage = (language: string): CodeBlock[] => blocks.filter((block) => block.language === language);
const { scripts, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  exports: Record<string, string | { readonly default: string }>;
};

test('every block names its language', () => {
  const known = ['ts', 'sh', 'sql', 'json', 'text', 'md'];

  expect(blocks.filter(({ language }) => !known.includes(language)).map(placeOf)).toEqual([]);
});

test('every TypeScript block compiles by itself, in the strictest settings', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-docs-'));
  try {
    const files = inLanguage('ts').map((block, index) => ({ name: `block-${index}.ts`, block }));
    for (const { name, block } of files) await writeFile(join(folder, name), `${block.code}\nexport {};\n`);
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify(consumerSettings(files.map(({ name }) => name))),
    );

    const output = await compile(folder);

    const explained = files.reduce((text, { name, block }) => text.replaceAll(name, placeOf(block)), output);
    expect(files.length).toBeGreaterThan(1);
    expect(explained).toBe('');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the SQL of the worked example refuses an older fence', () => {
  const [block] = inLanguage('sql');
  const [create = '', ...rest] = (block?.code ?? '')
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => !['', 'BEGIN', 'COMMIT'].includes(statement));
  const database = new Database(':memory:');
  database.exec('CREATE TABLE shard (owner TEXT)');
  database.exec(create);
  const ownerAfter = (fence: number, spare: string): string => {
    database.exec("DELETE FROM shard; INSERT INTO shard VALUES ('b')");
    for (const statement of rest) {
      const values = { nodeId: 'b', fence, spare };
      const used = Object.entries(values).filter(([name]) => statement.includes(`:${name}`));
      database.prepare(statement).run(Object.fromEntries(used));
    }
    return (database.prepare('SELECT owner FROM shard').get() as { owner: string }).owner;
  };

  expect(ownerAfter(7, 'c')).toBe('c');
  expect(ownerAfter(6, 'd')).toBe('b');
  expect(ownerAfter(8, 'd')).toBe('d');
  database.close();
});

test('every npm command in a shell block exists', () => {
  const own = ['ci', 'test', 'start', 'install', 'pack'];
  const unknown = inLanguage('sh').flatMap((block) =>
    [...block.code.matchAll(/\bnpm (?:run (\S+)|(\S+))/g)]
      .filter(([, script, command]) =>
        script === undefined ? !own.includes(command ?? '') : !(script in scripts),
      )
      .map(([line]) => `${placeOf(block)}: ${line}`),
  );

  expect(unknown).toEqual([]);
  expect(scripts).toHaveProperty('start');
  expect(scripts).toHaveProperty('test');
});

function placeOf({ path, line }: CodeBlock): string {
  return `${path}:${line}`;
}

/** The package's own names lead to its sources, so that nothing need be built. */
function consumerSettings(files: readonly string[]): object {
  const paths = Object.entries(exports).flatMap(([subpath, entry]) =>
    typeof entry === 'string'
      ? []
      : [
          [
            subpath.replace(/^\./, 'ringwatch'),
            [join(root, entry.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'))],
          ],
        ],
  );
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    rootDir: '/',
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    noEmit: true,
    noUnusedLocals: false,
    paths: Object.fromEntries(paths),
  };
  return { extends: join(root, 'tsconfig.base.json'), compilerOptions, files };
}

function compile(folder: string): Promise<string> {
  return new Promise((resolve) => {
    const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'];
    execFile(process.execPath, args, { cwd: folder, timeout: 60_000 }, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}
