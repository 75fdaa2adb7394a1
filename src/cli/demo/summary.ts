/** What happened at which second: the end of the demo, for people and for scripts. Pure. */
import { enumerate } from '../render/event-words.ts';
import { columns } from '../render/table.ts';
import type { Paint } from '../terminal.ts';
import type { DeathStory, Deed } from './death-story.ts';

/** One line: what, how many seconds after the kill, and by whom. */
export interface SummaryLine {
  readonly what: string;
  /** Null when it was not seen. */
  readonly second: number | null;
  readonly by: string;
}

/** The story of a staged death in the order of the script. */
export function summarize(death: DeathStory): SummaryLine[] {
  const seconds = (atMs: number | null | undefined): number | null =>
    atMs === null || atMs === undefined ? null : Math.round((atMs - death.killedAtMs) / 10) / 100;
  const { verdict, completed, restart } = death;
  const [started] = death.recoveries;
  const runCount = death.handlerRuns.length;
  return [
    { what: 'SIGKILL', second: 0, by: `${death.nodeId}, epoch ${death.epoch}, process ${death.pid}` },
    { what: 'first miss', second: seconds(death.firstMiss?.atMs), by: death.firstMiss?.by ?? '' },
    { what: 'suspect', second: seconds(death.suspects[0]?.atMs), by: each(death.suspects, seconds) },
    { what: 'votes', second: seconds(death.votes[0]?.atMs), by: each(death.votes, seconds) },
    {
      what: 'verdict: dead',
      second: seconds(verdict?.atMs),
      by: verdict === null ? '' : `voted by ${enumerate(verdict.voters)}; quorum ${verdict.quorum}`,
    },
    {
      what: 'recovery started',
      second: seconds(started?.startedAtMs),
      by: started === undefined ? '' : `${started.ownerId} alone, fence ${started.fence}`,
    },
    {
      what: 'recovery completed',
      second: seconds(completed?.endedAtMs),
      by: completed === null ? '' : `the command ran ${runCount === 1 ? 'once' : `${runCount} times`}`,
    },
    {
      what: 'restart',
      second: seconds(restart?.atMs),
      by: restart === null ? '' : `${death.nodeId}, epoch ${restart.epoch}, process ${restart.pid}`,
    },
    { what: 'recovered', second: seconds(death.recovered[0]?.atMs), by: each(death.recovered, seconds) },
  ];
}

function each(deeds: readonly Deed[], seconds: (atMs: number) => number | null): string {
  return deeds
    .map(({ by, atMs }, index) => (index === 0 ? by : `${by} ${seconds(atMs)?.toFixed(2)}`))
    .join(', ');
}

/** What to do after a demo that went well: the same on one's own. */
const next = 'Next: a node of your own, with npx ringwatch agent --preset local --node-id a';

/** The summary as a table; `missing` is what should have happened and was not seen. */
export function renderSummary(death: DeathStory, missing: readonly string[], paint: Paint): string {
  const rows = summarize(death).map(({ what, second, by }) => [
    second === null ? paint('bad', `✖ ${what}`) : `${paint('good', '✔')} ${what}`,
    second === null ? paint('bad', 'never') : second.toFixed(2).padStart(6),
    paint('quiet', by),
  ]);
  const head = ['  What happened', 'second', 'by'].map((title) => paint('strong', title));
  const verdict =
    missing.length === 0
      ? `${paint('good', 'The death was found, confirmed and recovered, exactly once.')}\n\n${next}`
      : paint('bad', `Not as it should be:\n${missing.map((what) => `  ${what}`).join('\n')}`);
  return [...columns([head, ...rows]), '', verdict].join('\n');
}
