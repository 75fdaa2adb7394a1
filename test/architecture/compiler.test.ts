/** The compiler holds most of the fence by itself: in the pure project the platform does not exist. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'ringwatch-pure-'));
  for (const name of ['tsconfig.base.json', 'tsconfig.pure.json']) {
    await copyFile(join(root, name), join(project, name));
  }
  await writeFile(join(project, 'package.json'), '{"type":"module"}\n');
});

afterEach(() => rm(project, { recursive: true, force: true }));

test('the pure project compiles plain functions', async () => {
  await plant('src/core/x.ts', 'export const x = (a: number): number => a + 1;\n');

  expect(await compile()).toEqual({ exitCode: 0, output: '' });
});

test.each([
  ['setTimeout', 'export const x = setTimeout(() => {}, 1);', "Cannot find name 'setTimeout'"],
  ['console', "console.log('x');", "Cannot find name 'console'"],
  ['process', 'export const x = process.pid;', "Cannot find name 'process'"],
  ['fetch', "export const x = fetch('http://localhost');", "Cannot find name 'fetch'"],
  ['node:fs', "import { readFileSync } from 'node:fs'; export const x = readFileSync;", "'node:fs'"],
  ['a package', "import { Client } from 'undici'; export const x = Client;", "'undici'"],
  [
    'an adapter',
    "import { y } from '../adapters/http/y.ts'; export const x = y;",
    'not listed within the file list',
  ],
])('the pure project refuses %s', async (_, text, message) => {
  await plant('src/core/x.ts', `${text}\n`);
  await plant('src/adapters/http/y.ts', 'export const y = 1;\n');

  const { exitCode, output } = await compile();

  expect(exitCode).not.toBe(0);
  expect(output).toContain(message);
});

async function plant(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), text);
}

function compile(): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    const args = [tsc, '-p', join(project, 'tsconfig.pure.json'), '--pretty', 'false'];
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}
