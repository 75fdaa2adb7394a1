/** The demo's live picture: the ring on the left, the script on the right, the newest moments beneath. Pure. */
import { type Paint, shorten, type Tone } from '../terminal.ts';
import { type CirclePoint, drawCircle } from './circle.ts';
import type { DeathStory } from './death-story.ts';
import { type Step, since, stepsOf } from './steps.ts';
import type { DemoStory, Member, Moment } from './story.ts';

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
const smallCircle = { width: 34, height: 11 };
const largeCircle = { width: 46, height: 15 };

/** The picture as lines that fit the terminal. */
export function drawPicture(request: PictureRequest): string {
  const { story, death, title, caption, footer, deadAfter, nowMs, width, height, paint } = request;
  const steps = stepsOf({ story, death, deadAfter });
  const isCircle = story.members.length <= circleCount;
  const size = width >= 110 && height >= 34 ? largeCircle : smallCircle;
  const room = width - (isCircle ? size.width + 2 : 2);
  const list = steps.map((step) => stepLine(step, room, paint));
  const body = isCircle
    ? beside(circle(story, size, paint), ['', ...list], size.width)
    : [...grid(story, width, paint), '', ...list];
  const head = [
    `${paint('strong', title)}${paint('quiet', `  ${clock(nowMs)}`)}`,
    paint('name', shorten(caption, width)),
    '',
  ];
  const foot = footer.length === 0 ? [] : ['', ...footer.map((line) => shorten(line, width))];
  const logRoom = Math.max(0, Math.min(10, height - head.length - body.length - foot.length - 3));
  const log = newest(story.moments, death, logRoom).map(
    ({ atMs, tone, text }) =>
      `${paint('quiet', clock(atMs, death))}  ${paint(tone, shorten(text, width - 9))}`,
  );
  return [...head, ...body, '', ...log, ...foot].join('\n');
}

/** The newest moments; the kill that the others are counted from stays at their head. */
function newest(moments: readonly Moment[], death: DeathStory | null, room: number): readonly Moment[] {
  const last = moments.slice(moments.length - room);
  const kill = moments.find(({ atMs, tone }) => tone === 'strong' && atMs === death?.killedAtMs);
  return kill === undefined || last.includes(kill) || room < 2 ? last : [kill, ...last.slice(1)];
}

/** Seconds since the demo began, or with a `+` since the kill that came before; always of one width. */
export function clock(atMs: number, death: DeathStory | null = null): string {
  if (death === null || atMs < death.killedAtMs) return `${(atMs / 1_000).toFixed(1).padStart(5)} s`;
  return since(death, atMs).padStart(7);
}

function circle({ members }: DemoStory, size: typeof smallCircle, paint: Paint): string[] {
  const points = members.map((member): CirclePoint => {
    const { mark, tone } = lookOf(member);
    return { mark, tone, name: member.id };
  });
  return drawCircle(points, { ...size, paint });
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
};

function stepLine({ title, state, detail }: Step, room: number, paint: Paint): string {
  const { mark, tone } = stepMarks[state];
  const name = title.padEnd(9);
  const text = whatFits(detail, Math.max(8, room - name.length - 4));
  return `${paint(tone, mark)} ${state === 'waiting' ? paint('quiet', name) : name}  ${text}`;
}

/** Leaves out whole parts at the end, and says how many. */
function whatFits(detail: string, room: number): string {
  const parts = detail.split(', ');
  for (let count = parts.length; count >= 1; count--) {
    const text = parts.slice(0, count).join(', ');
    const whole = count === parts.length ? text : `${text}, ${parts.length - count} more`;
    if (whole.length <= room) return whole;
  }
  return shorten(detail, room);
}

function beside(left: readonly string[], right: readonly string[], leftWidth: number): string[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, index) =>
    `${left[index] ?? ' '.repeat(leftWidth)}  ${right[index] ?? ''}`.trimEnd(),
  );
}
