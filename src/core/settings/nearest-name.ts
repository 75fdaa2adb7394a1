/** Finds the name that was probably meant by a misspelt one. */

/** Names further away than this were hardly meant, nor were those that share less than two thirds of a short one. */
const mostEdits = 3;

/** The known name that takes the fewest edits of single letters to reach, upper and lower case alike; null when none is near. */
export function nearestOf(name: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(mostEdits, Math.max(1, Math.floor(name.length / 3))) + 1;
  for (const candidate of known) {
    const edits = editCount(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Letters to insert, leave out, replace or swap with the next one (the distance by optimal alignment), row by row of its table. */
function editCount(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
