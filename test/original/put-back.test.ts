/** The tests that README.md names can fail: each wrong of the original is put back into our code and is caught. */
import { beforeAll, expect, it } from 'vitest';
import { putBack } from './put-back.ts';
import { type Run, runGuards } from './run-put-back.ts';

const runs: Run[] = [];
let asItIs: Run;

beforeAll(async () => {
  const done = await runGuards(putBack);
  runs.push(...done.wrongs);
  asItIs = done.asItIs;
}, 600_000);

it.each(putBack.map((entry, index) => [`${entry.wrong}: it ${entry.does}`, entry, index] as const))(
  'its test catches wrong %s',
  (_, { changes, guard }, index) => {
    const run = runs[index];
    if (run === undefined) throw new Error('expected a run');
    expect(run.problems).toEqual([]);
    const files = new Set(changes.map(({ file }) => file));
    expect(new Set(run.changedFiles), `what "${guard.title}" loads of the changed files`).toEqual(files);
    expect(run.failed, `"${guard.title}" passes all the same: ${run.passed.join(', ')}`).not.toEqual([]);
    // A name that is not there any more would fail every test, and show nothing.
    for (const failure of run.failed)
      expect(failure).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
  },
);

it('every one of these tests passes on the code as it is', () => {
  expect(asItIs.problems).toEqual([]);
  expect(asItIs.failed).toEqual([]);
  expect(asItIs.passed.length).toBeGreaterThanOrEqual(new Set(putBack.map(({ guard }) => guard.title)).size);
});
