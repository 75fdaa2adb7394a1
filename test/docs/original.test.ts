/** test/original/README.md names the tests that guard against each wrong of the original; they run and can fail. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';
import { notPutBack, putBack, withChanges } from '../original/put-back.ts';
import { readMarkdown, root, tablesOf } from './markdown.ts';
import { runningTitlesIn } from './running-tests.ts';

const rows =
  tablesOf(readMarkdown('test/original/README.md').text).find(({ header }) => header[0] === 'no')?.rows ?? [];

test('the wrongs are numbered from 1 to 28, each once, as docs/original.md tells them', () => {
  const told = [...readMarkdown('docs/original.md').text.matchAll(/^(\d+)\. \S/gm)].map(
    ([, number]) => number,
  );
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 28 }, (_, index) => index + 1));
  expect(told).toEqual(rows.map(([number]) => number));
});

test.each(rows.map(([number, guard = '']) => [number, guard]))(
  'wrong %s names tests, which run',
  (_, guard = '') => {
    const named = namedTests(guard);

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ path, title }) => !runs(path, title))).toEqual([]);
  },
);

test('every title of the table stands behind the link of its file', () => {
  const titles = rows.map(([, guard = '']) => guard.match(/"/g)?.length ?? 0);

  expect(titles).toEqual(rows.map(([, guard = '']) => 2 * namedTests(guard).length));
});

test.each(rows.map(([number, guard = '']) => [Number(number), guard] as const))(
  'wrong %i is put back once at least for each test that its row names',
  (number, guard) => {
    const guards = putBack.filter(({ wrong }) => wrong === number).map((entry) => entry.guard);
    const planted = guards.map(({ file, title }) => `${file} ${title}`);
    const excused = new Set(notPutBack.map(({ file, title }) => `${file} ${title}`));
    const named = namedTests(guard).map(({ path, title }) => `${path} ${title}`);

    expect(planted.length).toBeGreaterThan(0);
    expect(new Set(planted)).toEqual(new Set(named.filter((test) => !excused.has(test))));
  },
);

test('every wrong that is put back is one of the table', () => {
  const numbers = new Set(rows.map(([number]) => Number(number)));
  expect(putBack.filter(({ wrong }) => !numbers.has(wrong))).toEqual([]);
});

test('every test that no wrong is put back for is named, and for a reason', () => {
  const named = rows.flatMap(([, guard = '']) => namedTests(guard));
  const isNamed = ({ file, title }: { readonly file: string; readonly title: string }): boolean =>
    named.some((each) => each.path === file && each.title === title);
  expect(notPutBack.filter((guard) => !isNamed(guard) || guard.why === '')).toEqual([]);
});

test.each(putBack.map(({ wrong, does, changes }) => [`wrong ${wrong} (it ${does})`, changes] as const))(
  'what is changed for %s stands in the source',
  (_, changes) => {
    expect(changes.length).toBeGreaterThan(0);
    for (const { file } of changes) {
      const source = readFileSync(join(root, file), 'utf8');
      expect(withChanges(file, source, changes)).not.toBe(source);
    }
  },
);

test.each([
  ['that is gone', 'const b = 1;', 'found it 0 times: const a = 1;'],
  ['that stands twice', 'const a = 1; const a = 1;', 'found it 2 times: const a = 1;'],
])('a text %s is no place to put a wrong back', (_, source, message) => {
  const change = { file: 'a.ts', text: 'const a = 1;', becomes: '' };
  expect(() => withChanges('a.ts', source, [change])).toThrow(message);
});

test.each([
  ['that is not there', "it('another', () => {})", false],
  ['that is there', "it('it holds', () => {})", true],
  ['of whose title only a part is named', "it('it holds water', () => {})", false],
  ['that only a comment names', "// it('it holds', () => {})", false],
  ['that only another text names', "const title = 'it holds'; it('another', () => title)", false],
  ['of many', "test.each([1])('it holds', () => {})", true],
  ['of many, written as a table', 'it.each`a`("it holds", () => {})', true],
  ['that is skipped', "it.skip('it holds', () => {})", false],
  ['of many that is skipped', "test.skip.each([1])('it holds', () => {})", false],
  ['that is to be written', "it.todo('it holds')", false],
  ['that is skipped by an option', "it('it holds', { skip: true }, () => {})", false],
  ['that is skipped now and then', "it.skipIf(isHere)('it holds', () => {})", false],
  ['that skips itself', "it('it holds', ({ skip }) => { skip(); })", false],
  ['in a skipped group', "describe.skip('a', () => { it('it holds', () => {}); })", false],
  ['in a group', "describe('a', () => { it('it holds', () => {}); })", true],
  ['that is a group', "describe('it holds', () => { it('a', () => {}); })", true],
  ['that is a group of nothing', "describe('it holds', () => {})", false],
  [
    'that is a group with a skipped test',
    "describe('it holds', () => { it('a', f); it.skip('b', f); })",
    false,
  ],
])('a test %s is told from one that runs', (_, source, isRunning) => {
  expect(runningTitlesIn(source).has('it holds')).toBe(isRunning);
});

/** Each link is followed by the titles of tests in that file, in double quotes. */
function namedTests(guard: string): { path: string; title: string }[] {
  return guard.split(/(?=\[[^\]]*\]\()/).flatMap((piece) => {
    const path = /^\[[^\]]*\]\(([^)]+)\)/.exec(piece)?.[1];
    if (path === undefined) return [];
    return [...piece.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({
      path: posix.join('test/original', path),
      title,
    }));
  });
}

function runs(path: string, title: string): boolean {
  const file = join(root, path);
  return existsSync(file) && runningTitlesIn(readFileSync(file, 'utf8')).has(title);
}
