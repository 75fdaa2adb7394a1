import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readExplainFlags } from './explain-flags.ts';

const base = { nodes: 100, json: false } as const;

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-explain-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'settings.json');
  await writeFile(path, text);
  return path;
}

describe('what is explained', () => {
  it('is the preset default unless another one is named', async () => {
    expect(await readExplainFlags(base)).toEqual({ preset: 'default', edits: {}, nodes: 100 });
  });

  it('is what the file says, and flags win', async () => {
    const config = await fileWith('{"preset": "lan", "probeIntervalMs": 4000, "deadAfter": 5}');
    const read = await readExplainFlags({ ...base, config, deadAfter: '6' });
    expect(read).toEqual({ preset: 'lan', edits: { probeIntervalMs: 4_000, deadAfter: 6 }, nodes: 100 });
    expect((await readExplainFlags({ ...base, config, preset: 'wan' })).preset).toBe('wan');
  });

  it('has every violation at once, of the file and of the flags', async () => {
    const config = await fileWith('{"probeIntervalMs": 1, "deadAfterr": 5}');
    const read = readExplainFlags({ ...base, config, jitter: 'much' });
    await expect(read).rejects.toThrow(/--jitter: .*\n.*deadAfterr: .*deadAfter\?\n.*probeIntervalMs: /);
  });

  it.each(['', 'null', '[]', '"lan"', '{"preset": "lann"}'])(
    'is refused for a file with %j',
    async (text) => {
      const config = await fileWith(text);
      await expect(readExplainFlags({ ...base, config })).rejects.toThrow(/expected .*lan/);
    },
  );

  it('is refused for a file that is not there', async () => {
    const read = readExplainFlags({ ...base, config: '/nowhere/settings.json' });
    await expect(read).rejects.toThrow('Cannot read /nowhere/settings.json');
  });
});
