/**
 * The swarm on fresh seeds, on all cores, for as long as asked: `npm run sim:soak -- --minutes 30 [--from N]`.
 * Exit code 1 when a promise was broken. Ctrl-C ends it early, with the report of what was run.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, from: { type: 'string' } } });
const minutes = Number(values.minutes ?? 30);
// Without --from every day begins at seeds of its own.
const from = Number(values.from ?? Math.floor(Date.now() / 86_400_000) * 1_000_000);
if (!(minutes > 0) || !Number.isSafeInteger(from) || from < 0) {
  console.error(
    'expected --minutes above 0 and --from a whole number from 0 on; try npm run sim:soak -- --minutes 30',
  );
  process.exit(2);
}

const totals = { seeds: 0, nodeMs: 0, faults: 0, verdicts: 0, recoveries: 0 };
const faultCounts = new Map();
const hardshipCounts = new Map();
const violations = [];
const startedAt = Date.now();
const step = availableParallelism();

function take(result) {
  totals.seeds++;
  totals.nodeMs += result.nodeMs;
  totals.faults += result.faultCount;
  totals.verdicts += result.verdictCount;
  totals.recoveries += result.recoveryCount;
  add(faultCounts, result.faultCounts);
  add(hardshipCounts, result.hardshipCounts);
  for (const { promise, at, message } of result.broken) {
    const replay = `ringwatch sim --swarm --seed ${result.seed} --trace`;
    violations.push(
      `seed ${result.seed} broke ${promise} at ${(at / 1000).toFixed(3)} s: ${message}\n  replay: ${replay}`,
    );
    console.log(`\n${violations.at(-1)}`);
  }
}

function add(counts, more) {
  for (const [name, count] of Object.entries(more)) counts.set(name, (counts.get(name) ?? 0) + count);
}

function printCounts(heading, counts) {
  console.log(heading);
  for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`  ${name}: ${count}`);
}

function summary() {
  const { seeds, nodeMs, faults, verdicts, recoveries } = totals;
  const years = (nodeMs / (365.25 * 86_400_000)).toFixed(3);
  return `${seeds} seeds, ${years} virtual node-years, ${faults} faults, ${verdicts} verdicts, ${recoveries} recoveries, ${violations.length} violations`;
}

const workers = Array.from({ length: step }, (_, index) => {
  const workerData = { from: from + index, step, untilAt: startedAt + minutes * 60_000 };
  const worker = new Worker(new URL('./soak-worker.mjs', import.meta.url), { workerData });
  worker.on('message', take);
  return worker;
});
const ends = workers.map(
  (worker) =>
    new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('exit', resolve);
    }),
);
const progress = setInterval(
  () => {
    const minute = ((Date.now() - startedAt) / 60_000).toFixed(1);
    const line = `${minute} of ${minutes} min, from seed ${from}: ${summary()}`;
    process.stdout.write(process.stdout.isTTY ? `\r${line}` : `${line}\n`);
  },
  process.stdout.isTTY ? 1_000 : 60_000,
);
process.on('SIGINT', () => {
  for (const worker of workers) void worker.terminate();
});

await Promise.all(ends);
clearInterval(progress);
console.log(`\nfrom seed ${from}: ${summary()}`);
printCounts('faults by kind', faultCounts);
printCounts('hardships by name (their faults are among those above)', hardshipCounts);
for (const violation of violations) console.log(violation);
process.exitCode = violations.length > 0 ? 1 : 0;
