/** The demo's script as a list that fills in as things are seen. Pure. */
import type { DeathStory } from './death-story.ts';
import type { DemoStory } from './story.ts';

/** One line of the list. */
export interface Step {
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done';
  readonly detail: string;
}

export interface StepsRequest {
  readonly story: DemoStory;
  /** The death that the demo stages; null before the kill. */
  readonly death: DeathStory | null;
  /** Misses until `dead`, for the bars. */
  readonly deadAfter: number;
}

/** The steps of one staged death. */
export function stepsOf({ story, death, deadAfter }: StepsRequest): Step[] {
  const running = story.members.filter(({ phase }) => phase === 'running').length;
  const total = story.members.length;
  const isWhole = running === total || death !== null;
  const steps: Step[] = [
    {
      title: 'ring',
      state: isWhole ? 'done' : 'running',
      detail: isWhole ? `${total} agents, each one a process` : `${running} of ${total} agents have joined`,
    },
  ];
  if (death === null) {
    const titles = ['SIGKILL', 'misses', 'suspect', 'votes', 'verdict', 'recovery', 'restart', 'recovered'];
    return [...steps, ...titles.map((title): Step => ({ title, state: 'waiting', detail: '' }))];
  }
  return inOrder([...steps, ...deathSteps(story, death, deadAfter)]);
}

function deathSteps(story: DemoStory, death: DeathStory, deadAfter: number): Step[] {
  const by = (deeds: readonly { readonly by: string; readonly atMs: number }[]): string =>
    deeds.map((deed) => `${deed.by} ${since(death, deed.atMs)}`).join(', ');
  const { verdict, restart, completed } = death;
  const recovery = death.recoveries.at(-1) ?? null;
  return [
    { title: 'SIGKILL', state: 'done', detail: `to ${death.nodeId}, process ${death.pid}` },
    { title: 'misses', state: isSeen(death.firstMiss), detail: missBars(story, death, deadAfter) },
    { title: 'suspect', state: isSeen(death.suspects[0]), detail: by(death.suspects) },
    { title: 'votes', state: isSeen(death.votes[0]), detail: by(death.votes) },
    {
      title: 'verdict',
      state: isSeen(verdict),
      detail: verdict === null ? '' : `dead, ${since(death, verdict.atMs)} (quorum ${verdict.quorum})`,
    },
    {
      title: 'recovery',
      state: completed !== null ? 'done' : recovery === null ? 'waiting' : 'running',
      detail:
        recovery === null
          ? ''
          : `${recovery.ownerId} alone, fence ${recovery.fence}${completed === null ? '' : `, ${since(death, completed.endedAtMs ?? 0)}`}`,
    },
    {
      title: 'restart',
      state: isSeen(restart),
      detail: restart === null ? '' : `epoch ${restart.epoch}, ${since(death, restart.atMs)}`,
    },
    {
      title: 'recovered',
      state: death.isOver ? 'done' : death.recovered.length > 0 ? 'running' : 'waiting',
      detail: by(death.recovered),
    },
  ];
}

/** `+1.6 s`: how long after the kill. */
export function since({ killedAtMs }: DeathStory, atMs: number): string {
  return `+${((atMs - killedAtMs) / 1_000).toFixed(1)} s`;
}

function isSeen(what: object | null | undefined): 'done' | 'waiting' {
  return what === null || what === undefined ? 'waiting' : 'done';
}

/** The first step that waits is the one that is looked for now. */
function inOrder(steps: readonly Step[]): Step[] {
  const next = steps.findIndex(({ state }) => state !== 'done');
  return steps.map((step, index) =>
    index === next && step.state === 'waiting' ? { ...step, state: 'running' } : step,
  );
}

/** `node-a 5/7, node-b 6/7`, while it is missed; then who missed it first. */
function missBars(story: DemoStory, death: DeathStory, deadAfter: number): string {
  const { misses, epoch } = story.member(death.nodeId);
  if (epoch !== death.epoch || misses.size === 0) {
    return death.firstMiss === null ? '' : `first by ${death.firstMiss.by}`;
  }
  return [...misses].map(([id, count]) => `${id} ${Math.min(count, deadAfter)}/${deadAfter}`).join(', ');
}
