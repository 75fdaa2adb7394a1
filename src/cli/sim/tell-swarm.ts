/** Prints what came of one world of the swarm: for people, or as JSON lines. */
import type { SwarmResult } from '../../sim/swarm/run.ts';
import { paintFor, print, printJson } from '../terminal.ts';
import { describeBroken, describeSeed } from './swarm-text.ts';

export interface SwarmTelling {
  readonly isJson: boolean;
  readonly isTraced: boolean;
  /** What the world is called, such as `seed 950`. */
  readonly name: string;
  /** The line that runs it again. */
  readonly replay: string;
  /** Whether a world in which every promise was kept is told of too. */
  readonly isKeptTold: boolean;
}

/** Prints the story if it is wanted, and what was broken. */
export function tellSwarm(result: SwarmResult, telling: SwarmTelling): void {
  const { isJson, isTraced, name, replay, isKeptTold } = telling;
  const { story, ...rest } = result;
  if (isJson) {
    if (isTraced) for (const line of story) printJson({ kind: 'story', seed: result.seed, line });
    printJson({ kind: 'seed', ...rest, replay });
    return;
  }
  const paint = paintFor(process.stdout);
  if (isTraced) print(`${story.join('\n')}\n`);
  if (result.broken.length > 0) print(describeBroken(result, name, replay, paint));
  else if (isKeptTold) print(`${name}: ${describeSeed(result)}. ${paint('good', 'Every promise was kept.')}`);
}
