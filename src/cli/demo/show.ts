/** How the demo is watched: a live picture on a terminal, a line for each thing that happens, or JSON lines. */
import { createLogUpdate } from 'log-update';
import type { EventLine } from '../event-lines.ts';
import { paintFor, print, printJson, widthOf } from '../terminal.ts';
import type { DeathStory } from './death-story.ts';
import { clock, drawPicture } from './picture.ts';
import type { DemoStory } from './story.ts';
import { renderSummary, summarize } from './summary.ts';

/** What is on stage, for drawing it. */
export interface Scene {
  readonly story: DemoStory;
  readonly title: string;
  readonly deadAfter: number;
  caption: string;
  death: DeathStory | null;
  footer: readonly string[];
  /** Whether it goes on after the staged story. */
  readonly isKept: boolean;
  /** Milliseconds since the demo began. */
  readonly nowMs: () => number;
}

export interface Show {
  /** An agent has printed an event. */
  line(line: EventLine): void;
  /** The caption has changed. */
  caption(text: string): void;
  /** The staged story is over; `missing` is what should have happened and did not. May go on afterwards. */
  summary(death: DeathStory | null, missing: readonly string[]): void;
  /** Nothing more comes. May be called twice. */
  end(): void;
}

/** The show that fits: `--json`, a terminal, or anything else. */
export function openShow(scene: Scene, isJson: boolean): Show {
  if (isJson) return jsonShow(scene);
  return process.stdout.isTTY === true ? liveShow(scene) : lineShow(scene);
}

const redrawMs = 100;

function liveShow(scene: Scene): Show {
  const draw = createLogUpdate(process.stdout);
  const paint = paintFor(process.stdout);
  let isOver = false;
  let hasSummary = false;
  const redraw = (): void => {
    if (isOver || (hasSummary && !scene.isKept)) return;
    const { story, death, title, caption, footer, deadAfter, nowMs } = scene;
    const size = { width: widthOf(process.stdout) - 1, height: process.stdout.rows ?? 24 };
    draw(drawPicture({ story, death, title, caption, footer, deadAfter, nowMs: nowMs(), ...size, paint }));
  };
  const timer = setInterval(redraw, redrawMs);
  const end = (): void => {
    if (isOver) return;
    redraw();
    isOver = true;
    clearInterval(timer);
    draw.done();
  };
  return {
    line: () => undefined,
    caption: () => undefined,
    summary(death, missing) {
      redraw();
      // What is drawn from now on comes beneath.
      draw.done();
      print(`\n${summaryText(death, missing)}\n`);
      hasSummary = true;
    },
    end,
  };
}

function lineShow(scene: Scene): Show {
  const paint = paintFor(process.stdout);
  print(scene.title);
  const time = (atMs: number): string => paint('quiet', clock(atMs, scene.story.deaths.at(-1)));
  scene.story.onMoment = ({ atMs, tone, text }) => print(`${time(atMs)}  ${paint(tone, text)}`);
  return {
    line: () => undefined,
    caption: (text) => print(`${time(scene.nowMs())}  ${paint('name', `-- ${text}`)}`),
    summary: (death, missing) => print(`\n${summaryText(death, missing)}`),
    end: () => undefined,
  };
}

function jsonShow({ nowMs }: Scene): Show {
  let summary: object | null = null;
  let isOver = false;
  return {
    line(line) {
      // Probes that hit are most of all lines, and say nothing new.
      if (!isOver && (line.event !== 'probe' || line['result'] !== 'hit')) printJson(line);
    },
    caption: () => undefined,
    summary(death, missing) {
      summary = {
        event: 'summary',
        isComplete: missing.length === 0,
        missing,
        node: death?.nodeId ?? null,
        steps: death === null ? [] : summarize(death),
        recoveryRunCount: death?.handlerRuns.length ?? 0,
        fence: death?.completed?.fence ?? null,
        durationMs: Math.round(nowMs()),
      };
    },
    // The agents leave later; the summary is the last line.
    end() {
      if (!isOver && summary !== null) printJson(summary);
      isOver = true;
    },
  };
}

function summaryText(death: DeathStory | null, missing: readonly string[]): string {
  const paint = paintFor(process.stdout);
  if (death !== null) return renderSummary(death, missing, paint);
  return paint('bad', `Not as it should be:\n${missing.map((what) => `  ${what}`).join('\n')}`);
}
