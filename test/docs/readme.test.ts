/** The README's first screen is what it says: the program, the figures and the picture. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { svgOf } from '../../scripts/terminal-svg.mjs';
import { presets } from '../../src/core/settings/config.ts';
import { codeBlocksOf, readMarkdown, root, tablesOf } from './markdown.ts';

const readme = readMarkdown('README.md');

test('its program is examples/node.mjs, and has eight lines', () => {
  const program = codeBlocksOf(readme).find(({ language }) => language === 'ts')?.code ?? '';
  const example = readFileSync(join(root, 'examples/node.mjs'), 'utf8');

  expect(example.split('\n').slice(1).join('\n')).toBe(program);
  expect(program.split('\n').filter((line) => line !== '')).toHaveLength(8);
});

test('how soon a death is found is the median of each preset', () => {
  const computed = tablesOf(readMarkdown('docs/detection-times.md').text)
    .flatMap(({ header, rows }) => (header.includes('median') ? rows : []))
    .map(([fault = '', preset, , median]) => `${fault.split(' ')[0]} ${preset} ${median}`);
  const { rows = [] } = tablesOf(readme.text).find(({ header }) => header[0] === 'preset') ?? {};
  const told = rows.flatMap(([preset, , crash, hang, host]) => [
    ...[`crash ${preset} ${crash}`, `hang ${preset} ${hang}`, `host ${preset} ${host}`],
  ]);

  expect(told).toHaveLength(3 * (Object.keys(presets).length - 1));
  expect(computed).toEqual(expect.arrayContaining(told));
});

test('the picture is small, and shows a death from the kill to the recovery', () => {
  const picture = readFileSync(join(root, 'docs/demo.svg'), 'utf8');
  const words = [...picture.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);

  expect(picture.length).toBeLessThan(10_000);
  expect(words).toContainEqual(expect.stringMatching(/^SIGKILL to (node-.) \(process \d+, epoch 1\)$/));
  expect(words).toContainEqual(expect.stringMatching(/^verdict: node-. is dead, by .* \(quorum 2\)$/));
  expect(words).toContainEqual(expect.stringMatching(/^node-. ended the recovery of node-.: completed$/));
});

test('a picture keeps each part of a line in its column and colour', () => {
  const picture = svgOf('\u001b[31ma  b\u001b[39m & c\u001b[2K\n\u001b[1md', 'a title');

  expect(picture.match(/<text.*/g)).toEqual([
    '<text x="16.0" y="29.5" textLength="8.2" fill="#ff7b72">a</text>',
    '<text x="40.6" y="29.5" textLength="8.2" fill="#ff7b72">b</text>',
    '<text x="57.0" y="29.5" textLength="24.6">&amp; c</text>',
    '<text x="16.0" y="47.5" textLength="8.2" font-weight="bold">d</text>',
  ]);
});
