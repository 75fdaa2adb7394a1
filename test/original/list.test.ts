/** docs/original.md names a test for each wrong, and that test exists. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const page = new URL('../../docs/original.md', import.meta.url);

it('the page lists all 28 wrongs, each with tests that exist', async () => {
  const text = await readFile(page, 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)];
  expect(rows.map(([, number]) => Number(number))).toEqual(
    Array.from({ length: 28 }, (_, index) => index + 1),
  );
  for (const [, number, guards = ''] of rows) {
    const parts = [...guards.matchAll(/\[[^\]]+\]\(([^)]+)\)((?: (?:and )?"[^"]+")+)/g)];
    expect(parts.length, `wrong ${number} names no test`).toBeGreaterThan(0);
    for (const [, path = '', titles = ''] of parts) {
      const source = await readFile(new URL(path, page), 'utf8');
      for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) {
        expect(source.includes(title), `wrong ${number}: no test "${title}" in ${path}`).toBe(true);
      }
    }
  }
});
