/** What the documentation shows of `ringwatch explain`: its figures for the presets, as Markdown. */

import { formatDuration } from '../../src/cli/durations.ts';
import type { Fault } from '../../src/cli/explain/detection-times.ts';
import { type Explanation, explain } from '../../src/cli/explain/explanation.ts';
import { formatForgiven, renderExplanation } from '../../src/cli/render/explanation-text.ts';
import { plain } from '../../src/cli/terminal.ts';
import { type PresetName, presets, type Settings } from '../../src/core/settings/config.ts';

const names = ['default', 'lan', 'local', 'wan', 'original'] as const satisfies readonly PresetName[];
const nodes = 200;
const explanations = names.map((preset) => explain({ preset, edits: {}, nodes }));

const faults: Readonly<Record<Fault, string>> = {
  crash: 'crash (SIGKILL)',
  hang: 'hang (SIGSTOP)',
  'host-gone': 'host gone',
};

/** The generated blocks, by the name in their first line. */
export const explained: Readonly<Record<string, () => string>> = {
  presets: presetTable,
  times: () =>
    table(
      ['fault', 'preset', 'best', 'median', 'worst', 'slow network'],
      (Object.keys(faults) as Fault[]).flatMap((fault) =>
        explanations.map((explanation) => [faults[fault], ...timesOf(explanation, fault)]),
      ),
    ),
  forgiven: () =>
    table(
      [
        'preset',
        'a restart within',
        'a pause of at most',
        'all packets lost for at most',
        'the accused may answer for',
      ],
      explanations.map(({ preset, forgiven, answerWindows }) => [
        `\`${preset}\``,
        formatForgiven(forgiven.restartMs ?? 0),
        formatForgiven(forgiven.pauseMs),
        formatForgiven(forgiven.silenceMs),
        answerWindows.usualMs === 0 ? '–' : formatDuration(answerWindows.usualMs),
      ]),
    ),
  example: () => {
    const text = renderExplanation(explain({ preset: 'lan', edits: {}, nodes }), { paint: plain, width: 80 });
    return `\`\`\`text\n$ ringwatch explain --preset lan --nodes ${nodes}\n${text}\n\`\`\``;
  },
};

function timesOf({ preset, toVerdict }: Explanation, fault: Fault): string[] {
  const { bestMs = 0, medianMs = 0, worstMs = 0, slowestMs = 0 } = toVerdict[fault] ?? {};
  return [`\`${preset}\``, ...[bestMs, medianMs, worstMs, slowestMs].map(formatDuration)];
}

/** Every edit of each preset; an empty cell is the default. */
function presetTable(): string {
  const edited = (Object.keys(presets) as PresetName[]).filter((preset) => preset !== 'default');
  const settings = new Set(edited.flatMap((preset) => Object.keys(presets[preset])));
  return table(
    ['setting', ...edited.map((preset) => `\`${preset}\``)],
    [...settings].map((name) => [
      `\`${name}\``,
      ...edited.map((preset) => shown((presets[preset] as Partial<Settings>)[name as keyof Settings])),
    ]),
  );
}

function shown(value: Settings[keyof Settings] | undefined): string {
  if (value === undefined) return '';
  if (value === null) return 'never';
  return typeof value === 'number' ? value.toLocaleString('en') : String(value);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
