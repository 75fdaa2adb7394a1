/** Columns of text without borders: for lists on a terminal. Wide characters and colours are counted rightly. */
import Table from 'cli-table3';

const noBorders = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

/**
 * The rows as lines of equal columns, two blanks between them; one line a row, no blanks at the end. Where they are
 * numeric, all columns but the first end at one edge.
 */
export function columns(rows: readonly (readonly string[])[], { isNumeric = false } = {}): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const table = new Table({
    colAligns: first.map((_, index) => (isNumeric && index > 0 ? 'right' : 'left')),
    chars: { ...noBorders, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => row.map((cell) => (cell === '' ? ' ' : cell))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.replace(/\s+$/, ''));
}
