/**
 * A seed gives the same history on every machine and every version of Node: the digests of some histories are kept
 * in replay.json.
 *
 * `RECORD=1 npx vitest run test/simulation/replay.test.ts` records anew. They change with every change of what nodes
 * do, of the simulator or of the swarm; they may not change with anything else.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentOptions } from '../../src/sim/experiment/experiment-options.ts';
import { runExperiment } from '../../src/sim/experiment/run-experiment.ts';
import { swarmPlan } from '../../src/sim/swarm/plan.ts';
import { runPlan } from '../../src/sim/swarm/run.ts';

const path = fileURLToPath(new URL('replay.json', import.meta.url));
const isRecording = process.env['RECORD'] === '1';
const recorded: Readonly<Record<string, string>> = isRecording ? {} : JSON.parse(readFileSync(path, 'utf8'));
const digests: Record<string, string> = {};

function expectRecorded(name: string, lines: readonly string[]): void {
  expect(lines.length).toBeGreaterThan(10);
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);
  digests[name] = `${lines.length} lines, ${digest}`;
  if (isRecording) return;
  expect(
    digests[name],
    `${name} has another history; RECORD=1 npx vitest run test/simulation/replay.test.ts records anew`,
  ).toBe(recorded[name]);
}

afterAll(() => {
  if (isRecording) writeFileSync(path, `${JSON.stringify(digests, null, 2)}\n`);
});

describe('the history is the same everywhere', () => {
  it.each([1, 2, 3, 5, 8, 13, 14, 21, 34, 55])('of seed %i of the swarm', async (seed) => {
    const { story } = await runPlan(swarmPlan(seed), true);
    expectRecorded(`swarm ${seed}`, story);
  });

  it('of an experiment with loss and crashes, its measurements included', async () => {
    const input = {
      seed: 7,
      nodes: 12,
      preset: 'local',
      lossRate: 0.05,
      crashCount: 3,
      durationMs: 120_000,
    } as const;
    const { story, ...measured } = await runExperiment(experimentOptions(input), { isStoryKept: true });
    expectRecorded('experiment', [...story, JSON.stringify(measured)]);
  });
});
