/** The demo's live picture: the ring on the left, the script on the right, the newest moments beneath. Pure. */
import { type Paint, shorten, type Tone } from '../terminal.ts';
import { type CirclePoint, drawCircle } from './circle.ts';
import type { DeathStory } from './death-story.ts';
import { type Step, stepsOf } from './steps.ts';
import type { DemoStory, Member } from './story.ts';

export interface PictureRequest {
  readonly story: DemoStory;
  readonly death: DeathStory | null;
  readonly title: string;
  /** What happens now, in a sentence. */
  readonly caption: string;
  /** Further lines at the end. */
  readonly footer: readonly string[];
  readonly deadAfter: number;
  readonly nowMs: number;
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
}

/** Past this many nodes the ring is a list: names on a circle would cover each other. */
const circleCount = 10;
const circleWidth = 34;
const circleHeight = 11;

/** The picture as lines that fit the terminal. */
export function drawPicture(request: PictureRequest): string {
  const { story, death, title, caption, footer, deadAfter, nowMs, width, height, paint } = request;
  const steps = stepsOf({ story, death, deadAfter });
  const isCircle = story.members.length <= circleCount;
  const left = isCircle ? circle(story, paint) : [];
  const room = width - (isCircle ? circleWidth + 2 : 2);
  const right = ['', ...steps.map((step) => stepLine(step, room, paint))];
  const body = isCircle ? beside(left, right) : [...grid(story, width, paint), ...right];
  const head = [
    `${paint('strong', title)}${paint('quiet', `  ${clock(nowMs)}`)}`,
    paint('name', shorten(caption, width)),
    '',
  ];
  const foot = footer.length === 0 ? [] : ['', ...footer.map((line) => shorten(line, width))];
  const logRoom = Math.max(3, Math.min(10, height - head.length - body.length - foot.length - 3));
  const log = story.moments
    .slice(-logRoom)
    .map(
      ({ atMs, tone, text }) => `${paint('quiet', clock(atMs))}  ${paint(tone, shorten(text, width - 9))}`,
    );
  return [...head, ...body, '', ...log, ...foot].join('\n');
}

/** Seconds since the demo began, always of one width. */
export function clock(atMs: number): string {
  return `${(atMs / 1_000).toFixed(1).padStart(5)} s`;
}

function circle({ members }: DemoStory, paint: Paint): string[] {
  const points = members.map((member): CirclePoint => {
    const { mark, tone } = lookOf(member);
    return { mark, tone, name: member.id, remark: '' };
  });
  return drawCircle(points, { width: circleWidth, height: circleHeight, paint });
}

function grid({ members }: DemoStory, width: number, paint: Paint): string[] {
  const cellWidth = Math.max(...members.map(({ id }) => id.length)) + 4;
  const perLine = Math.max(1, Math.floor(width / cellWidth));
  const lines: string[] = [];
  for (let index = 0; index < members.length; index += perLine) {
    const cells = members.slice(index, index + perLine).map((member) => {
      const { mark, tone } = lookOf(member);
      return paint(tone, `${mark} ${member.id}`) + ' '.repeat(cellWidth - member.id.length - 2);
    });
    lines.push(cells.join('').trimEnd());
  }
  return lines;
}

function lookOf(member: Member): { readonly mark: string; readonly tone: Tone } {
  if (member.isConfirmedDead) return { mark: '✖', tone: 'bad' };
  if (member.votedBy.size > 0) return { mark: '▼', tone: 'bad' };
  if (member.suspectedBy.size > 0) return { mark: '▲', tone: 'warning' };
  if (member.misses.size > 0) return { mark: '△', tone: 'warning' };
  if (member.phase === 'starting') return { mark: '◌', tone: 'quiet' };
  if (member.phase === 'gone') return { mark: '◍', tone: 'warning' };
  return { mark: '●', tone: 'good' };
}

const stepMarks: Readonly<Record<Step['state'], { readonly mark: string; readonly tone: Tone }>> = {
  waiting: { mark: '·', tone: 'quiet' },
  running: { mark: '›', tone: 'name' },
  done: { mark: '✔', tone: 'good' },
  failed: { mark: '✖', tone: 'bad' },
};

function stepLine({ title, state, detail }: Step, room: number, paint: Paint): string {
  const { mark, tone } = stepMarks[state];
  const name = title.padEnd(9);
  const text = shorten(detail, Math.max(8, room - name.length - 4));
  return `${paint(tone, mark)} ${state === 'waiting' ? paint('quiet', name) : name}  ${text}`;
}

function beside(left: readonly string[], right: readonly string[]): string[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, index) =>
    `${left[index] ?? ' '.repeat(circleWidth)}  ${right[index] ?? ''}`.trimEnd(),
  );
}
