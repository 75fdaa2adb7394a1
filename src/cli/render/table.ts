/** Columns of text without borders: for lists on a terminal. Wide characters and colours are counted rightly. */
import { withoutColours } from '../terminal.ts';

/** A cell as wide as several columns. */
export interface WideCell {
  readonly text: string;
  readonly columnCount: number;
}

const gap = '  ';

/**
 * The rows as lines of equal columns, two blanks between them; one line a row, no blanks at the end. Where they are
 * numeric, all columns but the first end at one edge.
 */
export function columns(
  rows: readonly (readonly (string | WideCell)[])[],
  { isNumeric = false } = {},
): string[] {
  const widths: number[] = [];
  const measured = rows.map((row) => {
    let index = 0;
    return row.map((cell) => {
      const { text, columnCount } = typeof cell === 'string' ? { text: cell, columnCount: 1 } : cell;
      const place = { text, width: displayWidth(text), from: index, to: index + columnCount };
      index = place.to;
      if (columnCount === 1) widths[place.from] = Math.max(widths[place.from] ?? 0, place.width);
      return place;
    });
  });
  const roomOf = (from: number, to: number): number =>
    Array.from({ length: to - from }, (_, step) => widths[from + step] ?? 0).reduce(
      (sum, width) => sum + width,
      0,
    ) +
    gap.length * (to - from - 1);
  for (const { width, from, to } of measured.flat()) {
    const lacking = width - roomOf(from, to);
    if (lacking > 0) widths[to - 1] = (widths[to - 1] ?? 0) + lacking;
  }
  return measured.map((row) =>
    row
      .map(({ text, width, from, to }) => {
        const blanks = ' '.repeat(roomOf(from, to) - width);
        return isNumeric && from > 0 ? blanks + text : text + blanks;
      })
      .join(gap)
      .trimEnd(),
  );
}

const narrow = /^[ -~]*$/;
const nothing = /[\p{M}\p{Cf}]/u;
/** Two columns wide in a terminal: most of the scripts of East Asia, and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Columns that a text takes on a terminal. */
function displayWidth(text: string): number {
  const shown = withoutColours(text);
  if (narrow.test(shown)) return shown.length;
  return [...shown].reduce((sum, one) => sum + (nothing.test(one) ? 0 : wide.test(one) ? 2 : 1), 0);
}
