/**
 * A commit that is made again and again as a trigger, so that a statement of a few words makes it. The trigger stands on a
 * view that has nothing to read: what is inserted there is a list of the commit's values in JSON. Like a view of queries
 * it has no rule in it, and its text is made from a sample of the commit.
 */
import { createHash } from 'node:crypto';
import type { Commit } from '../../ports/store.ts';
import { sampleCommits } from '../../registry/templates.ts';
import { conditionalUpdates } from './conditional-update.ts';
import type { SqlStatement, SqlValue } from './executor.ts';
import type { QueryTexts } from './query-text.ts';
import { isPlain, viewPrefix } from './view.ts';

/** The procedures of one database. */
export function proceduresOf(texts: QueryTexts): readonly Procedure[] {
  return sampleCommits.map((sample) => new Procedure(sample, texts));
}

/** One kind of commit on one database. */
export class Procedure {
  /** Has a hash of the text: versions that write something else do not call each other's. */
  readonly name: string;
  /** The trigger that makes the commit. Without it the view is there and takes nothing. */
  readonly trigger: string;
  /** Creates it. */
  readonly statements: readonly SqlStatement[];
  readonly #texts: QueryTexts;
  readonly #text: string;

  constructor(sample: Commit, texts: QueryTexts) {
    const [guards = [], writes = []] = partsOf(sample, texts);
    let place = 0;
    const filledIn = ({ sql }: SqlStatement): string => sql.replace(/\?/g, () => `NEW.q ->> ${place++}`);
    const body = [
      ...guards.map(
        (guard) => `SELECT RAISE(ABORT, 'constraint failed: ringwatch_moved') WHERE NOT ${filledIn(guard)}`,
      ),
      ...writes.map(filledIn),
    ].join('; ');
    this.#texts = texts;
    this.#text = textOf([...guards, ...writes]);
    this.name = viewPrefix + createHash('sha256').update(body).digest('hex').slice(0, 4);
    this.trigger = `${this.name}_insert`;
    this.statements = [
      `CREATE VIEW IF NOT EXISTS ${this.name} AS SELECT NULL AS q`,
      `CREATE TRIGGER IF NOT EXISTS ${this.trigger} INSTEAD OF INSERT ON ${this.name} BEGIN ${body}; END`,
    ].map((sql) => ({ sql, values: [] }));
  }

  /** The statement that makes this commit, or fails where a guard does not hold; null for a commit of another kind. */
  call(commit: Commit): SqlStatement | null {
    if (conditionalUpdates(commit, this.#texts) === null) return null;
    const parts = partsOf(commit, this.#texts).flat();
    if (textOf(parts) !== this.#text) return null;
    const values: SqlValue[] = parts.flatMap((part) => part.values);
    if (!values.every((value) => value === null || isPlain(value))) return null;
    return { sql: `INSERT INTO ${this.name} VALUES(?)`, values: [JSON.stringify(values)] };
  }
}

/** Whether the database says that a view or its trigger is not there: it was dropped since it was looked for. */
export function isGone({ name }: Procedure, message: string): boolean {
  return message.includes(`no such table: ${name}`) || message.includes(`cannot modify ${name} `);
}

function partsOf({ guards, writes }: Commit, texts: QueryTexts): readonly (readonly SqlStatement[])[] {
  const queries = guards.flatMap((guard) => (guard.kind === 'count' ? [guard.query] : []));
  return [queries.map((query) => texts.exists(query)), writes.map((write) => texts.write(write))];
}

function textOf(parts: readonly SqlStatement[]): string {
  return parts.map(({ sql }) => sql).join('\n');
}
