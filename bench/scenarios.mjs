/**
 * The published scenarios under both rules, a row each: `node bench/scenarios.mjs [seed]`.
 * Not part of `npm run bench`: it takes minutes.
 */
import { experimentOptions, runExperiment, summarize } from '../dist/sim/index.js';

const seed = Number(process.argv[2] ?? 1);
const deadly = ['ten-crashes', 'ten-in-a-row', 'fifty-in-a-row', 'quarter-at-once', 'cluster-restart'];
const ofDefault = ['rack-cut-off', 'split-in-halves', 'isolated-member', 'loss-everywhere'];
const ofLan = ['ingress-flip-flop', 'heavy-loss', 'slow-processes', 'slow-processes-stalled'];
/** Ours with both presets, the original with the one that the scenario is about. */
const runsOf = (usual, other) => [
  ['ringwatch', usual],
  ['ringwatch', other],
  ['original', usual],
];

const seconds = (ms) => (ms === null ? null : (ms / 1_000).toFixed(1));
const whole = (value) => Math.round(value).toLocaleString('en-US');

function spread({ count, medianMs, maxMs }, deathCount) {
  if (count === 0) return '';
  return `${seconds(medianMs)}, ${seconds(maxMs)}${count === deathCount ? '' : ` (${whole(count)} of them)`}`;
}

async function run(scenario, rules, preset) {
  const result = await runExperiment(experimentOptions({ seed, rules, preset }, scenario));
  const name = `${rules === 'ringwatch' ? 'ours' : 'original'}, ${preset}`;
  return { result, summary: summarize(result), cells: [`\`${scenario}\``, name] };
}

const print = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

for (const scenario of deadly) {
  for (const [rules, preset] of runsOf('default', 'lan')) {
    const { summary, cells } = await run(scenario, rules, preset);
    const { deathCount } = summary;
    print([
      ...cells,
      ...[deathCount, deathCount - summary.neverConfirmedCount, summary.recoveredOnceCount].map(whole),
      ...[summary.timeToSuspect, summary.timeToVerdict, summary.timeToRecovered].map((times) =>
        spread(times, deathCount),
      ),
    ]);
  }
}
process.stdout.write('\n');
for (const [scenarios, usual, other] of [
  [ofLan, 'lan', 'default'],
  [ofDefault, 'default', 'lan'],
]) {
  for (const scenario of scenarios) {
    for (const [rules, preset] of runsOf(usual, other)) {
      const { result, summary, cells } = await run(scenario, rules, preset);
      const verdicts = result.falseAccusations.filter(({ kind }) => kind === 'verdict');
      print([
        ...cells,
        ...[
          verdicts.length,
          new Set(verdicts.map(({ targetId }) => targetId)).size,
          summary.falseVerdicts.ofHealthyCount,
          summary.falseSuspicions.count,
          summary.falseSuspicions.ofHealthyCount,
          summary.probesPerNodeHour,
          summary.registryCallsPerNodeHour,
        ].map(whole),
      ]);
    }
  }
}
