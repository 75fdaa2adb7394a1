/** Every death of an experiment as a line of CSV (RFC 4180), for spreadsheets. Pure. */
import type { ExperimentResult } from '../../sim/experiment/experiment.ts';

const columns = [
  'rules',
  'seed',
  'node',
  'at_ms',
  'suspect_ms',
  'verdict_ms',
  'recovered_ms',
  'runs',
  'kind',
];

/** A header and a line a death; what never came is empty, times are milliseconds. */
export function deathsCsv(results: readonly ExperimentResult[]): string {
  const rows = results.flatMap(({ options, deaths }) =>
    deaths.map((death) => [
      options.rules,
      options.seed,
      death.nodeId,
      milliseconds(death.at),
      milliseconds(death.suspectMs),
      milliseconds(death.verdictMs),
      milliseconds(death.recoveredMs),
      death.runCount,
      death.kind,
    ]),
  );
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Microseconds are the least that a virtual network knows of. */
function milliseconds(ms: number | null): string {
  return ms === null ? '' : String(Number(ms.toFixed(3)));
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
