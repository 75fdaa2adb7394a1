/** Finds the name that was probably meant by a misspelt one. */

/** Names further away than this were hardly meant. */
const mostEdits = 3;

/** The known name that takes the fewest edits of single letters to reach, upper and lower case alike; null when none is near. */
export function nearestOf(name: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  let fewest = Math.min(mostEdits, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const edits = editCount(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Letters to insert, leave out or replace (Levenshtein's distance), row by row of its table. */
function editCount(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
