/**
 * The failure handler of both systems: a shell script whose first act is a line with the time in a file. While the file
 * `slow` stands beside it, it stays for 30 s: an owner can be killed in its handler.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One handler for a cluster, in a folder of its own. */
export class Handler {
  constructor(folder) {
    this.file = join(folder, 'runs');
    this.slow = join(folder, 'slow');
    /** For Ringwatch, which names the dead node in the environment. */
    this.script = join(folder, 'on-dead');
    /** For Serf, which names the failed members on lines of the standard input. */
    this.serfScript = join(folder, 'on-failed');
    const line = (name) => `echo "$(date +%s%N) $BENCH_NODE ${name} $$" >> ${this.file}\n`;
    const stay = `if [ -e ${this.slow} ]; then exec sleep 30; fi\n`;
    write(this.script, `${line('$RINGWATCH_NODE')}${stay}`);
    write(this.serfScript, `while read name rest; do\n${line('$name')}done\n${stay}`);
  }

  /** All runs so far, oldest first: when (milliseconds of the wall clock), on which node, for which one, and its pid. */
  runs() {
    if (!existsSync(this.file)) return [];
    const lines = readFileSync(this.file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [at, observer, node, pid] = line.split(' ');
      return { at: Number(at) / 1e6, observer, node, pid: Number(pid) };
    });
  }

  /** From now on a run stays for 30 s, or no longer does. */
  stay(isSlow) {
    if (isSlow) writeFileSync(this.slow, '');
    else rmSync(this.slow, { force: true });
  }
}

function write(file, body) {
  writeFileSync(file, `#!/bin/sh\n${body}`);
  chmodSync(file, 0o755);
}
