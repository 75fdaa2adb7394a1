/** The summary of an experiment as tables on a terminal. Pure. */
import type { ExperimentResult } from '../../sim/experiment/experiment.ts';
import { columns, type WideCell } from '../render/table.ts';
import type { Paint } from '../terminal.ts';
import { rulesWords } from './rules-words.ts';
import { type SummaryRow, type SummarySection, summarySections } from './summary-sections.ts';

/** Every section as a table, an empty line between two of them. */
export function summaryText(results: readonly ExperimentResult[], paint: Paint): string {
  const names = results.map(({ options }) => rulesWords[options.rules]);
  const sections = summarySections(results);
  const labels = sections.flatMap(({ rows }) => rows.map(labelOf));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  return sections.map((section) => sectionText(section, names, labelWidth, paint)).join('\n\n');
}

function sectionText(
  { title, columns: heads, rows, note }: SummarySection,
  names: readonly string[],
  labelWidth: number,
  paint: Paint,
): string {
  const nameCells = names.map((name) => [{ text: paint('strong', name), columnCount: heads.length }]);
  const headCells = names.map(() => heads.map((name) => paint('quiet', name)));
  const lines = [
    ...(names.length > 1 ? [['', ...apart(nameCells)]] : []),
    [paint('strong', title.padEnd(labelWidth)), ...apart(headCells)],
    ...rows.map((row) => [labelOf(row).padEnd(labelWidth), ...apart(row.cells)]),
  ];
  const table = columns(lines, { isNumeric: true });
  return [...table, ...(note === undefined ? [] : [paint('quiet', `  ${note}`)])].join('\n');
}

/** An empty column parts the groups. */
function apart(groups: readonly (readonly (string | WideCell)[])[]): (string | WideCell)[] {
  return groups.flatMap((cells, index) => (index === 0 ? cells : ['', ...cells]));
}

function labelOf({ label, isPart }: SummaryRow): string {
  return isPart ? `    ${label}` : `  ${label}`;
}
