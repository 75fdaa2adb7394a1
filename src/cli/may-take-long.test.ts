/** Which commands are watched over by another process. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandsWithTimeout, mayTakeLong } from './may-take-long.ts';
import { createProgram } from './program.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-may-take-long-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

async function fileOf(name: string, bytes: number): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, '');
  await truncate(path, bytes);
  return path;
}

describe('a command may take long', () => {
  it('where it takes --timeout, and no other one does', async () => {
    const { commands } = await createProgram([]);
    const timed = commands.filter(({ options }) => options.some(({ long }) => long === '--timeout'));
    expect(timed.map((command) => command.name()).toSorted()).toEqual([...commandsWithTimeout].toSorted());
  });

  it('on every registry but a small file', async () => {
    const small = await fileOf('small.db', 900_000);
    const large = await fileOf('large.db', 1_100_000);
    const logged = await fileOf('logged.db', 900_000);
    await fileOf('logged.db-wal', 9_000_000);
    const on = (url: string): boolean => mayTakeLong(['status', '--registry', url], {});
    expect(on(`sqlite:${small}`)).toBe(false);
    expect(on(join(directory, 'none.db'))).toBe(false);
    expect(on(join(directory, 'x'.repeat(5_000)))).toBe(false);
    expect(on(`sqlite:${large}`)).toBe(true);
    expect(on(`sqlite://${large}`)).toBe(true);
    expect(on(`sqlite:${logged}`)).toBe(true);
    expect(on('rqlite://127.0.0.1:4001')).toBe(true);
    expect(on('postgres://user@host/database')).toBe(true);
  });

  it('however its registry is given', async () => {
    const small = await fileOf('small.db', 10);
    const environment = { ['RINGWATCH_REGISTRY']: 'rqlite://127.0.0.1:4001' };
    expect(mayTakeLong(['ring'], environment)).toBe(true);
    expect(mayTakeLong(['ring', '-r', small], environment)).toBe(false);
    const other = { ['RINGWATCH_REGISTRY']: small };
    expect(mayTakeLong(['events', '--limit', '5', '--follow'], other)).toBe(false);
    for (const args of [['-r', 'rqlite://a:1'], ['-rrqlite://a:1'], ['--registry=rqlite://a:1']])
      expect(mayTakeLong(['events', '-n', '5', ...args], other)).toBe(true);
    expect(mayTakeLong(['agent'], environment)).toBe(false);
    expect(mayTakeLong([], environment)).toBe(false);
  });
});
