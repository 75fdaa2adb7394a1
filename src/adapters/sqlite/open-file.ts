/**
 * Whether a path still means the file that is open. A file that is removed or replaced lives on, but only for those that
 * have it open. Some agents would go on with the old one. Others would begin a second cluster with the new one, at epoch 1
 * and fence 1 again. Neither would notice. Not for: opening, or opening again.
 */
import { type BigIntStats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { RegistryError } from '../../ports/registry.ts';

/** The database, and what SQLite keeps beside it while a program has it open. Each of them splits those who share it. */
const suffixes = ['', '-wal', '-shm'] as const;

type Suffix = (typeof suffixes)[number];

interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * Windows lets no program remove a file that is open, and numbers its files less reliably. A file system that numbers no
 * files (0) cannot be asked either.
 */
const hasIdentities = process.platform !== 'win32';

export class OpenFile {
  /** Absolute, since the working directory may change. */
  readonly #path: string;
  readonly #known = new Map<Suffix, Identity>();

  /** Call it at once after opening. */
  constructor(path: string) {
    this.#path = resolve(path);
    this.noteNew();
  }

  /** Takes note of the files that were not there before: those beside the database come with its first use. */
  noteNew(): void {
    if (!hasIdentities || this.#known.size === suffixes.length) return;
    for (const suffix of suffixes) {
      if (this.#known.has(suffix)) continue;
      const identity = identityAt(this.#path + suffix);
      if (identity !== null && identity.inode !== 0n) this.#known.set(suffix, identity);
    }
  }

  /**
   * Throws `unavailable` while another file, or none, is at the path. For a monitor that is an outage, which ends when
   * the file is put back. The new file is never opened instead. The epochs, votes and fences that this process acts upon
   * are in the old one, and the new one knows nothing of them.
   */
  check(): void {
    for (const [suffix, { device, inode }] of this.#known) {
      const found = identityAt(this.#path + suffix);
      if (found?.device === device && found.inode === inode) continue;
      const file = this.#path + suffix;
      const what = found === null ? 'found none' : `found another file (inode ${found.inode})`;
      throw new RegistryError(
        'unavailable',
        `Expected the SQLite file ${file} that this process has opened (inode ${inode}), ${what}: it was removed or replaced. Nothing was read or written. Stop all agents that used it, put it back together with the files -wal and -shm beside it, and start them again.`,
      );
    }
  }
}

function identityAt(path: string): Identity | null {
  let stats: BigIntStats;
  try {
    stats = statSync(path, { bigint: true });
  } catch {
    return null;
  }
  return { device: stats.dev, inode: stats.ino };
}
