/** The examples do what they say. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from './packed.ts';

test('three nodes, one death: one survivor takes over, under the first fence', async () => {
  const { exitCode, stdout, stderr } = await run(process.execPath, ['examples/three-nodes.mjs'], root);

  expect(stderr).toBe('');
  expect(stdout).toContain('verdict: b is dead in epoch 1\n');
  expect(stdout.match(/[ac] takes over from b under fence 1\n/g)).toHaveLength(1);
  expect(stdout).toMatch(/shards are owned by \{ '1': 'a', '2': '[ac]', '3': 'c' \}\n$/);
  expect(exitCode).toBe(0);
});

test('the recovery command refuses a fence that is not newer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-hook-'));
  const takeOver = (fence: number) =>
    run(
      'env',
      [
        `TAKEOVER_FOLDER=${folder}`,
        'RINGWATCH_NODE=b',
        `RINGWATCH_FENCE=${fence}`,
        'RINGWATCH_VOTERS=a,c',
        './examples/on-dead.sh',
      ],
      root,
    );
  try {
    expect(await takeOver(7)).toEqual({
      exitCode: 0,
      stdout: 'taking over from b, voted dead by a,c\n',
      stderr: '',
    });
    expect(await takeOver(6)).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await takeOver(8)).toMatchObject({ exitCode: 0 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
