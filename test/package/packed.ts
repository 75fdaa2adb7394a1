/** Packs the built package as `npm publish` would, and runs commands beside it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Packed {
  /** A folder of this run's own, with the tarball in it. */
  readonly folder: string;
  readonly tarball: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  remove(): Promise<void>;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Packs `dist` as it stands: building is left to `npm run build`, so that no other test loses it meanwhile. */
export async function pack(): Promise<Packed> {
  if (!existsSync(join(root, 'dist/index.js'))) {
    throw new Error('expected a built package in dist, found none; run "npm run build" first');
  }
  const folder = await mkdtemp(join(tmpdir(), 'ringwatch-package-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { stdout } = await succeed(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
      root,
    );
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    return { folder, tarball: join(folder, filename), files: files.map(({ path }) => path), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Runs a command to its end, at most two minutes. */
export function run(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  return new Promise((resolve) => {
    const options = { cwd, timeout: 120_000, maxBuffer: 16_000_000, env: { ...process.env, NO_COLOR: '1' } };
    execFile(command, args, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode, stdout, stderr });
    });
  });
}

/** As `run`, for a command that must succeed. */
export async function succeed(command: string, args: readonly string[], cwd: string): Promise<Finished> {
  const finished = await run(command, args, cwd);
  if (finished.exitCode === 0) return finished;
  const { exitCode, stdout, stderr } = finished;
  throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}:\n${stdout}\n${stderr}`);
}
