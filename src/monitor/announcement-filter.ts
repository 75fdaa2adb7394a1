/** Passes on once what the core announces again and again: verdicts, an own obituary, bad rows, and its own stalls. */
import type { Announcement } from '../core/effects.ts';
import { OncePer } from './once-per.ts';

/** A busy machine stalls often; once a minute is enough to know. */
const stallEveryMs = 60_000;

export class AnnouncementFilter {
  readonly #verdicts = new OncePer<string>({ capacity: 256 });
  readonly #nodes = new OncePer<string>({ capacity: 100 });
  readonly #obituaries = new OncePer<string>({ capacity: 3 });
  readonly #stalls = new OncePer<'stalled'>({ capacity: 1, repeatAfterMs: stallEveryMs });

  /** Whether to pass it on now; then it counts as told. */
  passes({ name, payload }: Announcement, now: number): boolean {
    if (name === 'verdict-read') {
      const { nodeId, epoch } = payload.verdict;
      return this.#verdicts.isDue(`${nodeId}\n${epoch}`, now);
    }
    if (name === 'obituary') return this.#obituaries.isDue(payload.outcome, now);
    if (name !== 'warning') return true;
    const { code, targetId } = payload;
    if (code === 'stalled') return this.#stalls.isDue(code, now);
    return this.#nodes.isDue(`${code}\n${targetId}`, now);
  }
}
