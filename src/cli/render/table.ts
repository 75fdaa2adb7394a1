/** Columns of text without borders: for lists on a terminal. Wide characters and colours are counted rightly. */
import Table from 'cli-table3';

const noBorders = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((name) => [name, '']),
);

/** A cell as wide as several columns. */
export interface WideCell {
  readonly text: string;
  readonly columnCount: number;
}

/**
 * The rows as lines of equal columns, two blanks between them; one line a row, no blanks at the end. Where they are
 * numeric, all columns but the first end at one edge.
 */
export function columns(
  rows: readonly (readonly (string | WideCell)[])[],
  { isNumeric = false } = {},
): string[] {
  if (rows.length === 0) return [];
  const table = new Table({
    chars: { ...noBorders, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(
    ...rows.map((row) =>
      row.map((cell, index) => {
        const { text, columnCount } = typeof cell === 'string' ? { text: cell, columnCount: 1 } : cell;
        const hAlign = isNumeric && index > 0 ? 'right' : 'left';
        return { content: text === '' ? ' ' : text, colSpan: columnCount, hAlign } as const;
      }),
    ),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.replace(/\s+$/, ''));
}
