/** How far a run is, on a terminal: a bar, the speed, the time left. Anywhere else nothing at all is written. */
import { createLogUpdate } from 'log-update';
import { formatDuration } from '../durations.ts';
import { type Paint, paintFor, shorten, widthOf } from '../terminal.ts';
import { figure } from './figures.ts';

export interface ProgressState {
  /** What runs, such as the name of the rules. */
  readonly title: string;
  /** From 0 to 1. */
  readonly part: number;
  /** How much is done, in words. */
  readonly done: string;
  /** Virtual milliseconds since the beginning; null where no speed is told. */
  readonly virtualMs: number | null;
  /** Real milliseconds since the beginning. */
  readonly realMs: number;
}

const barCells = 20;

/** One line of at most `width` columns. Pure. */
export function progressLine(
  { title, part, done, virtualMs, realMs }: ProgressState,
  width: number,
  paint: Paint,
): string {
  const leftMs = part > 0 ? (realMs * (1 - part)) / part : null;
  const facts = [
    `${String(Math.floor(100 * part)).padStart(3)} %`,
    done,
    ...(virtualMs === null || realMs < 100 ? [] : [`${figure(virtualMs / realMs)} × real time`]),
    // The first guesses are wild.
    ...(leftMs === null || realMs < 500 ? [] : [`${formatDuration(Math.ceil(leftMs / 1_000) * 1_000)} left`]),
  ].join('  ');
  const cells = Math.min(barCells, width - title.length - facts.length - 4);
  if (cells < 5) return shorten(`${title}  ${facts}`, width);
  const full = Math.round(cells * Math.min(1, Math.max(0, part)));
  const bar = paint('name', '█'.repeat(full)) + paint('quiet', '░'.repeat(cells - full));
  return `${title}  ${bar}  ${facts}`;
}

export interface Progress {
  /** May be called as often as one likes: it is drawn ten times a second. */
  show(state: Omit<ProgressState, 'realMs'>): void;
  /** The next thing begins: speed and time left start anew. */
  restart(): void;
  /** Takes the bar away. */
  end(): void;
}

const redrawMs = 100;

/** The progress of a run on stderr. */
export function openProgress(): Progress {
  if (process.stderr.isTTY !== true) {
    return { show: () => undefined, restart: () => undefined, end: () => undefined };
  }
  const draw = createLogUpdate(process.stderr);
  const paint = paintFor(process.stderr);
  let beganAt = performance.now();
  let drawnAt = 0;
  return {
    show(state) {
      const now = performance.now();
      if (now - drawnAt < redrawMs) return;
      drawnAt = now;
      draw(progressLine({ ...state, realMs: now - beganAt }, widthOf(process.stderr) - 1, paint));
    },
    restart() {
      beganAt = performance.now();
      drawnAt = 0;
    },
    end() {
      draw.clear();
      draw.done();
    },
  };
}
