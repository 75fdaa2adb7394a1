/**
 * The original's wrongs, put back into our code one at a time: what is changed, and which test of README.md must fail
 * then. Not for: bugs of our own that the simulator's checkers must find (test/simulation/planted-bugs.ts).
 */
import { wrongsInCore } from './put-back-in-core.ts';
import { wrongsInRegistry } from './put-back-in-registry.ts';
import { wrongsInShell } from './put-back-in-shell.ts';

/** A text that stands in a source file exactly once, and what it becomes. */
export interface Change {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
}

export interface PutBack {
  /** Its number in docs/original.md. */
  readonly wrong: number;
  /** What the code does with it, in words. */
  readonly does: string;
  readonly changes: readonly Change[];
  /** The test, or the group of tests, that README.md names. Of a group, what is shown of the original is left out. */
  readonly guard: { readonly file: string; readonly title: string };
}

/** The source of a file with its changes made. Throws when a text does not stand in it exactly once. */
export function withChanges(path: string, source: string, changes: readonly Change[]): string {
  let changed = source;
  for (const { file, text, becomes } of changes) {
    if (file !== path) continue;
    const count = changed.split(text).length - 1;
    if (count !== 1) {
      const found = `expected this text exactly once in ${file}, found it ${count} times: ${text}`;
      throw new Error(
        `${found}\nWhere the rule stands now, write its text into test/original/put-back-in-*.ts`,
      );
    }
    changed = changed.replace(text, () => becomes);
  }
  return changed;
}

export const putBack: readonly PutBack[] = [...wrongsInCore, ...wrongsInRegistry, ...wrongsInShell].sort(
  (one, other) => one.wrong - other.wrong,
);

const rounds = 'test/original/rounds.test.ts';
const probers = 'test/e2e/prober-wrongs.test.ts';

/** Tests that README.md names and that nothing of ours can make fail here, each with the reason. */
export const notPutBack: readonly (PutBack['guard'] & { readonly why: string })[] = [
  {
    file: rounds,
    title: 'wrong 13: a callback blocks or ends everything',
    why: 'shows the original alone',
  },
  { file: rounds, title: 'wrong 22: an orderly stop counts as a miss', why: 'shows the original alone' },
  {
    file: probers,
    title:
      'behind a proxy of the environment a node that does not exist is healthy; ours asks the node itself',
    why: 'runs the built program in a process of its own',
  },
];
