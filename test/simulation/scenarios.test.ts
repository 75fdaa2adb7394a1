/**
 * Stories of clusters that anyone can read: test/scenarios/*.txt. What happens must be what is recorded there.
 *
 * `RECORD=1 npx vitest run test/simulation/scenarios.test.ts` records anew. Only commit what has changed if you can say
 * why it changed, and if the new story is true to docs/design.md.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { splitScenario, tellScenario } from '../scenarios/scenario.ts';

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const isRecording = process.env['RECORD'] === '1';
const howTo = 'RECORD=1 npx vitest run test/simulation/scenarios.test.ts records anew';

describe('the story is as recorded', () => {
  it.each(names)('of %s', async (name) => {
    const source = readFileSync(folder + name, 'utf8');
    const { head, recorded } = splitScenario(source);
    const told = await tellScenario(head);
    if (isRecording) writeFileSync(folder + name, head + told);
    else expect(told, `test/scenarios/${name} tells another story; ${howTo}`).toBe(recorded);
    expect(told.split('\n').length).toBeGreaterThan(2);
    expect((head + told).split('\n').length).toBeLessThanOrEqual(61);
  });

  it('of at least fifteen scenarios, each of which says first what it is about', () => {
    expect(names.length).toBeGreaterThanOrEqual(15);
    for (const name of names) expect(readFileSync(folder + name, 'utf8'), name).toMatch(/^# [A-Z]/);
  });
});

describe('a scenario that cannot be read', () => {
  const cluster = 'cluster of 3, preset local, seed 1\n';
  it.each([
    [
      'cluster of many',
      /line 1: expected cluster of <count>, preset <name>, seed <number>; got cluster of many/,
    ],
    [`${cluster}at 5s explode node-01`, /line 2: expected crash, .* or show; got explode/],
    [`${cluster}at 5s crash node-09`, /line 2: expected nodes of node-01 node-02 node-03.*; got node-09/],
    [`${cluster}at noon crash node-01`, /line 2: expected a duration such as .*; got noon/],
    [`${cluster}# a remark\ndance`, /line 3: expected cluster, .* or expect; got dance/],
    [`${cluster}at 5s maintenance node-01`, /line 2: expected maintenance … for <duration>/],
    [`${cluster}at 5s registry clock 5m`, /line 2: expected a step such as/],
    [cluster, /expected a line `run …`, got none/],
    [
      `${cluster}when node-01 claims, lose the answer\nrun 5s`,
      /expected every line `when …` to happen; it never did for node-01/,
    ],
    ['run 5s', /expected a line `cluster of …`, got none/],
  ])('says which line is wrong, and what was expected: %j', async (head, message) => {
    await expect(tellScenario(head)).rejects.toThrow(message);
  });
});
