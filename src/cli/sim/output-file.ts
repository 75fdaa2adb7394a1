/**
 * A file that a run will write at its end. It is opened before the run begins, so that a wrong path
 * is found before an hour of work. The old content stays until there is a new one.
 */
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { CommandError } from '../failure.ts';

export interface OutputFile {
  readonly path: string;
  /** Replaces what the file held. */
  write(text: string): Promise<void>;
  /** Lets go of it; takes it away again where it did not exist before and nothing was written. */
  close(): Promise<void>;
}

/** Opens it for writing. Throws `CommandError` when that cannot be. */
export async function openOutput(path: string): Promise<OutputFile> {
  const isNew = await stat(path).then(
    () => false,
    () => true,
  );
  const handle = await open(path, 'a').catch((error: unknown) => {
    throw new CommandError(`Cannot write to ${path}: ${reasonOf(error)}. Nothing was run.`);
  });
  return outputFile(path, handle, isNew);
}

function outputFile(path: string, handle: FileHandle, isNew: boolean): OutputFile {
  let isWritten = false;
  let isClosed = false;
  return {
    path,
    async write(text) {
      try {
        // A pipe or a terminal has nothing to cut.
        if ((await handle.stat()).isFile()) await handle.truncate(0);
        await handle.appendFile(text);
      } catch (error) {
        throw new CommandError(`Cannot write to ${path}: ${reasonOf(error)}.`);
      }
      isWritten = true;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await handle.close();
      if (isNew && !isWritten) await rm(path, { force: true });
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of its path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

/** Why a file could not be read or written, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? error.message;
}
