import { expect, test } from 'vitest';
import { aDeath, aResult } from '../../../../test/harness/experiment-result.ts';
import { reportPage } from './page.ts';

const origin = { command: 'ringwatch sim --nodes 10 --seed 7', version: '1.2.3', scenario: null };
const hostile = `<script>alert("x")</script>'&`;

/** Start and end tags in the order in which they come; void elements and SVG's closed ones left out. */
function isBalanced(page: string): boolean {
  const open: string[] = [];
  for (const [tag, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (tag.endsWith('/>') || ['meta', 'br'].includes(name)) continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0;
}

test('the page has plots, numbers, settings and the command', () => {
  const page = reportPage({ results: [aResult()], ...origin });

  expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(7);
  expect(page).not.toMatch(/readRound|setHandler|p99/);
  for (const text of [
    '2 of 3 deaths confirmed, median 16 s, no healthy node killed',
    '66.7 %',
    'readings of the round',
    '--probe-interval',
    origin.command,
    '1.2.3',
    'median 16 s',
  ])
    expect(page).toContain(text);
  expect(isBalanced(page)).toBe(true);
});

test('the page loads nothing: no script, no address, no file', () => {
  const page = reportPage({ results: [aResult()], ...origin });

  expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|src=|href=/i);
  expect(page).toContain("default-src 'none'");
});

test('whatever was given is text on the page, never markup', () => {
  const result = aResult({
    deaths: [aDeath({ nodeId: hostile })],
    cost: { probeCount: 1, probeBytes: 1, registryCalls: { [hostile]: 5 } },
  });
  const page = reportPage({ results: [result], command: hostile, version: hostile, scenario: hostile });

  expect(page).not.toContain('<script');
  expect(page).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#39;&#38;');
  expect(isBalanced(page)).toBe(true);
});

test('two sets of rules have a panel each on the same scales', () => {
  const result = aResult();
  const slow = aDeath({ suspectMs: 100_000, verdictMs: 110_000, recoveredMs: 120_000, runCount: 1 });
  const other = { ...result, options: { ...result.options, rules: 'original' as const }, deaths: [slow] };
  const page = reportPage({ results: [result, other], ...origin });

  expect(page).toContain('Ringwatch and the original in virtual time');
  expect(page.match(/<h3>The original<\/h3>/g)).toHaveLength(3);
  const scales = [...page.matchAll(/<div class="x-labels" aria-hidden="true">(.*?)<\/div>/g)].map(
    ([, ticks]) => ticks,
  );
  expect(scales[0]).toBe(scales[1]);
});

test('a cluster in which nothing happened has a page too', () => {
  const page = reportPage({
    results: [
      aResult({
        deaths: [],
        falseAccusations: [],
        timeline: [],
        cost: { probeCount: 0, probeBytes: 0, registryCalls: {} },
      }),
    ],
    ...origin,
  });

  expect(page).toContain('No node died, no healthy node killed');
  expect(page).not.toContain('Each death');
  expect(page).not.toMatch(/NaN|Infinity|undefined/);
  expect(isBalanced(page)).toBe(true);
});

test('each death has a row: what died and when, how soon it was seen, and what became of it', () => {
  const deaths = [
    aDeath({ suspectMs: 3_000, verdictMs: 16_000, recoveredMs: 18_000, runCount: 2 }),
    aDeath({ nodeId: 'node-02', kind: 'machine', at: 90_000, backMs: 4_000 }),
    aDeath({ nodeId: 'node-03', verdictMs: 16_000, backMs: 17_000 }),
  ];
  const page = reportPage({ results: [aResult({ deaths })], ...origin });
  const [, body = ''] = /<table class="deaths">.*?<tbody>(.*?)<\/tbody>/s.exec(page) ?? [];
  const rows = body
    .replace(/<svg.*?<\/svg>|\n/gs, '')
    .split('</tr>')
    .map((row) => row.replace(/(<[^>]*>)+/g, '|'));

  expect(rows).toEqual([
    '|node-01|process killed|1 s|3 s|16 s|18 s|',
    '|its recovery was begun 2 times|',
    '|node-02|machine lost|1 min 30 s|–|–|–|',
    '|back after 4 s, before it was confirmed|',
    '|node-03|process killed|1 s|–|16 s|–|',
    '|back after 17 s, before a recovery began|',
    '',
  ]);
});

test('suspicions of nodes that lived are explained where they are shown, and there are none to explain without', () => {
  const shown = 'suspicions of nodes that lived: 1 (harmless';
  expect(reportPage({ results: [aResult()], ...origin })).toContain(shown);
  const none = aResult({ falseAccusations: [] });
  expect(reportPage({ results: [none], ...origin })).not.toContain('of nodes that lived');
});

test('a few very late times are told of instead of pressing all others into a corner', () => {
  const deaths = Array.from({ length: 40 }, (_, index) =>
    aDeath({
      suspectMs: 5_000,
      verdictMs: 15_000,
      recoveredMs: index === 0 ? 9_000_000 : 16_000,
      runCount: 1,
    }),
  );

  expect(reportPage({ results: [aResult({ deaths })], ...origin })).toContain('1 later time lies beyond');
});

test('a scenario is named, and its faults are listed and shaded', () => {
  const result = aResult();
  const fault = { at: 60_000, kind: 'loss', lossRate: 0.2, durationMs: 600_000 } as const;
  const options = { ...result.options, faults: [fault, { ...fault, lossRate: 0.3 }] };
  const page = reportPage({ results: [{ ...result, options }], ...origin, scenario: 'Scenario x: <y>.' });

  expect(page).toContain('Scenario x: &#60;y&#62;.');
  expect(page).toContain('Planned faults (2)');
  expect(page.match(/class="fault"/g)).toHaveLength(3);
});
