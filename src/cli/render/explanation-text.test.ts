/** What `ringwatch explain` prints: every line fits, and says what the settings mean. */
import { describe, expect, it, test } from 'vitest';
import { type PresetName, presets } from '../../core/settings/config.ts';
import { explain } from '../explain/explanation.ts';
import { plain } from '../terminal.ts';
import { formatForgiven, renderExplanation } from './explanation-text.ts';

type Edits = Parameters<typeof explain>[0]['edits'];

const textOf = (edits: Edits, { preset = 'default' as PresetName, nodes = 200, width = 80 } = {}) =>
  renderExplanation(explain({ preset, edits, nodes }), { paint: plain, width });

describe.each(Object.keys(presets) as PresetName[])('preset %s', (preset) => {
  it.each([2, 3, 200, 1_000_000])('fits 80 columns with %d nodes, on wider terminals too', (nodes) => {
    for (const width of [80, 120]) {
      const lines = textOf({ hints: true }, { preset, nodes, width }).split('\n');
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
    }
  });
});

test('what is set besides the preset is told as flags', () => {
  const text = textOf({ probeIntervalMs: 5_000, hints: true, handlerTimeoutMs: null });
  expect(text).toContain('with --probe-interval 5s --hints true --handler-timeout never');
});

test('a restart, a pause and lost packets each have their own limit', () => {
  const text = textOf({
    ...{ probeIntervalMs: 5_000, probeTimeoutMs: 1_000, probeTimeoutFloorMs: 500, retryIntervalMs: 500 },
    ...{ retryIntervalRefusedMs: 100, suspectAfter: 2, deadAfter: 4, hints: true, answerWindowMs: 2_100 },
    ...{ minSilenceMs: 6_500, minSilenceNoConnectionMs: 3_000, minSilenceRefusedMs: 2_000 },
  });
  expect(text).toMatch(/a restart, .* 2\.2 s\n.*a pause .* 7 s\n.*packets dropped, .* 3 s\n/);
  expect(text).toMatch(/SIGKILL\) +2\.2 s +2\.2 s +3\.2 s\n/);
});

test('it says where no death is ever confirmed, and forgives nothing then', () => {
  const text = textOf({ strictQuorum: true }, { nodes: 2 });
  expect(text).toContain('No death is ever confirmed\n  A verdict needs 2 votes, and only one node');
  expect(text).not.toContain('Forgiven');
});

test('it says who may answer, and for how long', () => {
  expect(textOf({ refutation: false })).toContain('The accused is not asked');
  expect(textOf({ unreachableIsDeadAfterMs: 60_000 }).replaceAll(/\s+/g, ' ')).toContain(
    '"unreachable", not dead, for 1 min at most.',
  );
  const refused = { hints: true, answerWindowRefusedMs: 300 };
  expect(textOf(refused).replaceAll(/\s+/g, ' ')).toContain('refusals it has 300 ms only.');
});

test.each([
  [420, '420 ms'],
  [2_290, '2.2 s'],
  [9_990, '9.9 s'],
  [13_900, '13 s'],
  [119_900, '1 min 59 s'],
])('what is forgiven is never rounded up: %d ms is %s', (durationMs, text) => {
  expect(formatForgiven(durationMs)).toBe(text);
});
