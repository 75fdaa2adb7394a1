/** A process that may open too few files says so in one line, and starts nothing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './cli-process.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

test.skipIf(process.platform !== 'linux').each([20, 24, 31, 63])(
  'an agent that may open %i files says so in one line, and does not start',
  async (limit) => {
    const registry = `sqlite:${join(await temporaryDirectory(), 'cluster.db')}`;
    const command = 'ulimit -n "$1"; shift; exec "$@"';
    const agent = [
      process.execPath,
      main,
      'agent',
      '-r',
      registry,
      '--node-id',
      'a',
      '--listen',
      '127.0.0.1:0',
    ];
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command, 'sh', String(limit), ...agent], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      `error: this process may open ${limit} files, and needs 64 at least; raise the limit (ulimit -n).\n`,
    );
  },
);

test.skipIf(process.platform !== 'linux')(
  'a node that has no file left to open still looks at its own address between heartbeats',
  () => {
    const module = new URL('../../dist/agent/own-interface.js', import.meta.url).href;
    const program = `
      import { openSync } from 'node:fs';
      import { OwnInterface } from ${JSON.stringify(module)};
      const own = new OwnInterface('127.0.0.1');
      try { for (;;) openSync('/dev/null'); } catch { process.exitCode = own.look() === null ? 0 : 1; }
    `;
    const command = 'ulimit -n 64 && exec "$0" --input-type=module --eval "$1"';
    execFileSync('sh', ['-c', command, process.execPath, program], { stdio: 'pipe', timeout: 30_000 });
  },
);
