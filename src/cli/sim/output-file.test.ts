import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CommandError } from '../failure.ts';
import { openOutput } from './output-file.ts';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ringwatch-output-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('a file is replaced as a whole', async () => {
  const path = join(await directory(), 'a.csv');
  await writeFile(path, 'something much longer than what comes');
  const output = await openOutput(path);
  await output.write('new');
  await output.close();

  expect(await readFile(path, 'utf8')).toBe('new');
});

test('a run that ends early leaves an old file as it was, and no new one', async () => {
  const place = await directory();
  await writeFile(join(place, 'old.csv'), 'old');
  for (const name of ['old.csv', 'new.csv']) await (await openOutput(join(place, name))).close();

  expect(await readdir(place)).toEqual(['old.csv']);
  expect(await readFile(join(place, 'old.csv'), 'utf8')).toBe('old');
});

test('a path that cannot be written is told before anything runs', async () => {
  const place = await directory();

  await expect(openOutput(join(place, 'none', 'a.csv'))).rejects.toThrow(
    /no such .*directory.*Nothing was run/,
  );
  await expect(openOutput(place)).rejects.toThrow(CommandError);
});
