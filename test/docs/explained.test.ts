/**
 * The blocks of the documentation that are output of `ringwatch explain` are what it prints now. `RECORD=1` writes them
 * anew. A block begins with `<!-- explain: name -->` and ends with `<!-- end -->`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explained } from './explained.ts';
import { allMarkdown, readMarkdown, root } from './markdown.ts';

const isRecording = process.env['RECORD'] === '1';
const block = /(?<=^<!-- explain: ([\w-]+) -->\n)(.*?)(?=^<!-- end -->$)/gms;

const pages = allMarkdown().filter(({ text }) => text.match(block) !== null);

test.each(pages.map(({ path }) => path))('%s has what explain prints', (path) => {
  const { text } = readMarkdown(path);
  const now = text.replaceAll(
    block,
    (_, name: string) => `\n${explained[name]?.() ?? `no block ${name}`}\n\n`,
  );
  if (isRecording) writeFileSync(join(root, path), now);
  else expect(text).toBe(now);
});

test('every block stands on a page', () => {
  const names = pages.flatMap(({ text }) => [...text.matchAll(block)].map(([, name]) => name));
  expect(names.toSorted()).toEqual(Object.keys(explained).toSorted());
});
