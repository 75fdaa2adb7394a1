/** One oldest version of Node.js, the same wherever it is named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMarkdown, root } from './markdown.ts';

interface Package {
  readonly engines: { readonly node: string };
}

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;

test.each(['README.md', 'CONTRIBUTING.md'])(
  '%s names the oldest version that package.json allows',
  (path) => {
    const named = /Node\.js (\d+\.\d+) or newer/.exec(readMarkdown(path).text)?.[1];

    expect(`>=${named}.0`).toBe(engines.node);
  },
);
