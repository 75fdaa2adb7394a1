/** docs/cli.md says what the command line's help says. */
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { drainMs } from '../../src/agent/graceful-leave.ts';
import { createProgram } from '../../src/cli/program.ts';
import { settingFlags } from '../../src/cli/setting-flags.ts';
import { type PresetName, presets, resolveSettings } from '../../src/core/settings/config.ts';
import { allMarkdown, codeBlocksOf, readMarkdown, tablesOf } from './markdown.ts';

interface Row {
  readonly option: string;
  readonly value: string;
}

const { text } = readMarkdown('docs/cli.md');
const [head = '', ...sections] = text.split(/^## ringwatch /m);
const commands = (await createProgram([])).commands.filter((command) => command.name() !== 'help');
const settings = settingFlags.map(({ flag }) => `--${flag}`);
const byOption = (a: Row, b: Row): number => (a.option < b.option ? -1 : 1);

test('every command has a section, and there is no other section', () => {
  const documented = sections.map((section) => section.slice(0, section.indexOf('\n')));

  expect(documented.toSorted()).toEqual(commands.map((command) => command.name()).toSorted());
});

test.each(commands.map((command) => [command.name(), command] as const))(
  'every option of %s has a row with its default, and there is no other row',
  (name, command) => {
    const section = sections.find((candidate) => candidate.startsWith(`${name}\n`)) ?? '';
    const agent = sections.find((candidate) => candidate.startsWith('agent\n')) ?? '';
    const own = ['agent', 'demo', 'explain', 'sim'].includes(name) ? '' : head;
    const shared = rowsOf(['run', 'config'].includes(name) ? agent : own);

    expect([...rowsOf(section), ...shared].toSorted(byOption)).toEqual(optionsOf(command).toSorted(byOption));
  },
);

test('the time for which a node that has left goes on answering is that of each preset', () => {
  const { rows = [] } = tablesOf(text).find(({ header }) => header[0] === 'preset') ?? {};
  const documented = rows.flatMap(([names = '', time]) => names.split(', ').map((name) => [name, time]));
  const actual = (Object.keys(presets) as PresetName[]).map((preset) => {
    const durationMs = drainMs(resolveSettings({ nodeId: 'a' }, preset));
    return [`\`${preset}\``, `${durationMs / 1_000} s`];
  });

  expect(documented.toSorted()).toEqual(actual.toSorted());
});

test('every command line in the documentation names a command and options of it', () => {
  const lines = allMarkdown()
    .flatMap(codeBlocksOf)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => /^(npx )?ringwatch /.test(line));
  const wrong = lines.filter((line) => {
    const [name = '', ...words] = line.replace(/^(npx )?ringwatch /, '').split(' ');
    const known = commands
      .find((command) => command.name() === name)
      ?.options.flatMap(({ short, long }) => [short, long]);
    return known === undefined || words.some((word) => /^--?[a-z]/.test(word) && !known.includes(word));
  });

  expect(lines.length).toBeGreaterThan(2);
  expect(wrong).toEqual([]);
});

function rowsOf(markdown: string): Row[] {
  return tablesOf(markdown)
    .filter(({ header }) => header[0] === 'option')
    .flatMap(({ rows }) => rows)
    .map(([option = '', value = '']) => ({
      option: option.replaceAll('`', '').replaceAll('\\|', '|'),
      value,
    }));
}

/** Settings are in docs/configuration.md. */
function optionsOf(command: Command): Row[] {
  const takesSettings = ['agent', 'run', 'config', 'explain', 'sim'].includes(command.name());
  return command.options
    .filter(({ long }) => !(takesSettings && settings.includes(long ?? '')))
    .map(({ flags, defaultValue, defaultValueDescription }) => ({
      option: flags,
      value:
        defaultValueDescription ??
        (defaultValue === undefined || defaultValue === false ? '' : String(defaultValue)),
    }));
}
