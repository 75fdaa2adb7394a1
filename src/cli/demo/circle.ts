/** The ring drawn as a circle of names. Pure. */
import type { Paint, Tone } from '../terminal.ts';

/** One node on the circle. */
export interface CirclePoint {
  readonly mark: string;
  readonly name: string;
  readonly tone: Tone;
}

interface Cell {
  readonly character: string;
  readonly tone: Tone;
}

/** Lines of equal length with the points clockwise from the top, joined by a dotted line. */
export function drawCircle(
  points: readonly CirclePoint[],
  { width, height, paint }: { readonly width: number; readonly height: number; readonly paint: Paint },
): string[] {
  const grid: (Cell | null)[][] = Array.from({ length: height }, () => Array<Cell | null>(width).fill(null));
  const longest = Math.max(...points.map(({ name }) => name.length + 2));
  const centre = { x: (width - 1) / 2, y: (height - 1) / 2 };
  const radius = { x: Math.max(4, centre.x - longest / 2 - 2), y: centre.y - 0.01 };
  const put = (x: number, y: number, text: string, tone: Tone): void => {
    const row = grid[Math.round(y)];
    const start = Math.max(0, Math.min(Math.round(x), width - text.length));
    for (const [index, character] of [...text].entries()) {
      if (row !== undefined && start + index < width) row[start + index] = { character, tone };
    }
  };
  const at = (turn: number): { x: number; y: number } => ({
    x: centre.x + radius.x * Math.sin(2 * Math.PI * turn),
    y: centre.y - radius.y * Math.cos(2 * Math.PI * turn),
  });

  const dotCount = width * 2;
  for (let dot = 0; dot < dotCount; dot++) {
    const { x, y } = at(dot / dotCount);
    put(x, y, '·', 'quiet');
  }
  for (const [index, { mark, name, tone }] of points.entries()) {
    const { x, y } = at(index / points.length);
    const label = `${mark} ${name}`;
    // Blanks on both sides keep the dotted line away from the name.
    const text = ` ${label} `;
    put(x - label.length / 2 - 0.5, y, text, tone);
  }
  return grid.map((row) => paintRow(row, paint));
}

function paintRow(row: readonly (Cell | null)[], paint: Paint): string {
  let line = '';
  let run = '';
  let runTone: Tone | null = null;
  const flush = (): void => {
    line += runTone === null ? run : paint(runTone, run);
    run = '';
  };
  for (const cell of row) {
    const tone = cell === null || cell.character === ' ' ? null : cell.tone;
    if (tone !== runTone) flush();
    runTone = tone;
    run += cell?.character ?? ' ';
  }
  flush();
  return line;
}
