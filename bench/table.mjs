/** Prints a section of measured figures. */
import Table from 'cli-table3';

/** Prints rows under a title; the first row is the head. */
export function printTable(title, [head, ...rows]) {
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => row.map(String)));
  process.stdout.write(`\n${title}\n${table.toString()}\n`);
}

/** A number with three significant digits. */
export function figure(value) {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** The median of some numbers. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Microseconds of CPU of one call, the median of several batches. */
export function timeOf(run, callsPerBatch) {
  const batches = [];
  for (let batch = 0; batch < 7; batch++) {
    const before = process.cpuUsage();
    for (let call = 0; call < callsPerBatch; call++) run();
    const { user, system } = process.cpuUsage(before);
    batches.push((user + system) / callsPerBatch);
  }
  return median(batches.slice(1));
}
