/** JSON of the registry that no observer wrote: it hides nothing else, is told of once, and never ends a command. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import { SqliteExecutor } from '../../src/adapters/sqlite/executor.ts';
import { viewCluster } from '../../src/cli/render/cluster-view.ts';
import { renderStatus } from '../../src/cli/render/status-text.ts';
import { renderEventLine, renderStory, tellStory } from '../../src/cli/render/story.ts';
import { plain } from '../../src/cli/terminal.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';
import { runCommand, temporaryDirectory } from '../e2e/cli-process.ts';

const good = {
  missCount: 2,
  silentMs: 300,
  sinceAnswerMs: null,
  failures: { refused: 2 },
  lastFailure: 'connect ECONNREFUSED',
  observer: { watchedCount: 1, answeringCount: 1, inconclusiveCount: 0 },
  closedConnection: false,
  lastKind: null,
  sparedMs: null,
};

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, [], {}, '', 0, Number.NaN),
  fc.constant('INFINITE'),
);

/** Evidence with some of its fields, and of its observer's, replaced or missing. */
const almostEvidence = fc
  .record({
    fields: fc.dictionary(fc.constantFrom(...Object.keys(good)), odd),
    gone: fc.subarray(Object.keys(good)),
  })
  .map(({ fields, gone }): unknown => {
    const made = { ...good, ...fields };
    return Object.fromEntries(Object.entries(made).filter(([name]) => !gone.includes(name)));
  });

const said = fc.oneof(odd, almostEvidence, fc.constant(good));
const votes = fc.oneof(
  odd,
  fc.array(
    fc.oneof(
      odd,
      fc.record({ observerId: fc.oneof(fc.constant('a'), odd), observerEpoch: odd, evidence: said }),
    ),
    { maxLength: 3 },
  ),
);

/** JSON that reads back as an infinite number where the value says so. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value).replaceAll('"INFINITE"', '1e999');
}

async function openRegistry() {
  const path = join(await temporaryDirectory(), 'cluster.db');
  const executor = await SqliteExecutor.open(path);
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  const registry = new SqlRegistry(executor, {
    logger: { debug: ignore, info: ignore, error: ignore, warn },
  });
  await registry.migrate();
  for (const id of ['a', 'b']) await registry.join(joinRequest(id, `instance-${id}`));
  return { path, executor, registry, warnings };
}

type Opened = Awaited<ReturnType<typeof openRegistry>>;

interface Told {
  readonly vote: unknown;
  readonly votes: unknown;
  readonly detail: unknown;
  readonly kind: string;
}

async function tell({ executor }: Opened, told: Told): Promise<void> {
  const [vote, ofVerdict, detail] = [jsonOf(told.vote), jsonOf(told.votes), jsonOf(told.detail)];
  await executor.transact([
    { sql: 'DELETE FROM ringwatch_votes', values: [] },
    { sql: 'DELETE FROM ringwatch_verdicts', values: [] },
    { sql: "DELETE FROM ringwatch_events WHERE observer_id = 'odd'", values: [] },
    {
      sql: `INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status, evidence, said_at,
          affirmed_at) VALUES ('b', 'a', 1, 1, 'suspect', ?, 0, 0)`,
      values: [vote],
    },
    {
      sql: `INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at, decision_count, quorum, votes, resolved_at, fence,
          held_until, held_since, attempt_count, has_returned) VALUES ('b', 1, 0, 1, 1, ?, 0, 0, 0, 0, 0, 0)`,
      values: [ofVerdict],
    },
    {
      sql: `INSERT INTO ringwatch_events (kind, at, observer_id, target_id, target_epoch, detail)
          VALUES (?, 0, 'odd', 'b', 1, ?)`,
      values: [told.kind, detail],
    },
  ]);
}

const kinds = [
  'suspect',
  'dead',
  'verdict',
  'recovery-started',
  'recovery-ended',
  'verdict-closed',
  'claimed',
  'outage',
  'maintenance',
  'brake',
];

it('any JSON in evidence, votes and details leaves every other fact to be seen, and can be drawn', async () => {
  const opened = await openRegistry();
  const { registry } = opened;
  const told = fc.record({ vote: said, votes, detail: fc.oneof(said, odd), kind: fc.constantFrom(...kinds) });
  await fc.assert(
    fc.asyncProperty(told, async (facts) => {
      await tell(opened, facts);
      const cluster = await registry.readCluster({});
      const { events } = await registry.readEvents({ after: null, limit: 100 });
      expect(cluster.nodes.map(({ id }) => id)).toEqual(['a', 'b']);
      expect(cluster.statements.map(({ observerId }) => observerId)).toEqual(['a']);
      expect(cluster.verdicts.map(({ nodeId }) => nodeId)).toEqual(['b']);
      expect(events.filter(({ kind }) => kind === 'joined')).toHaveLength(2);

      const view = viewCluster({
        ...{ cluster, events, neighbors: 3, maxDeadFraction: 0.25, heartbeatWindowMs: 60_000 },
      });
      const status = renderStatus(view, { paint: plain, width: 80, showsAll: true });
      const story = renderStory(
        tellStory({ nodeId: 'b', node: await registry.readNode('b'), death: null, events, epochCount: 3 }),
        plain,
      );
      for (const text of [status, story, ...events.map((event) => renderEventLine(event, plain))]) {
        expect(text).not.toMatch(/undefined|NaN|Infinity|\[object/);
      }
    }),
    { numRuns: 400 },
  );
});

it('evidence that cannot be read is told of once for each row, and good evidence is shown', async () => {
  const opened = await openRegistry();
  const { registry, warnings } = opened;
  const broken = { ...good, failures: null };
  await tell(opened, {
    vote: broken,
    votes: [{ observerId: 'a', observerEpoch: 1, evidence: broken }],
    detail: broken,
    kind: 'dead',
  });
  for (let count = 0; count < 2; count++) {
    const cluster = await registry.readCluster({});
    expect(cluster.statements[0]?.evidence).toBeNull();
    expect(cluster.verdicts[0]?.votes).toEqual([{ observerId: 'a', observerEpoch: 1, evidence: null }]);
    await registry.readEvents({ after: null, limit: 100 });
  }
  expect(warnings.map((text) => /ringwatch_\w+/.exec(text)?.[0])).toEqual([
    'ringwatch_votes',
    'ringwatch_verdicts',
    'ringwatch_events',
  ]);

  await tell(opened, { vote: good, votes: [], detail: good, kind: 'dead' });
  expect((await registry.readCluster({})).statements[0]?.evidence).toEqual(good);
});

it('no command for people ends because of one such row', async () => {
  const opened = await openRegistry();
  const broken = { ...good, failures: null };
  await tell(opened, {
    vote: broken,
    votes: [{ observerId: 'a', observerEpoch: 1, evidence: { missCount: 3 } }],
    detail: broken,
    kind: 'dead',
  });
  await opened.executor.transact([
    { sql: "UPDATE ringwatch_events SET at = 9e15 WHERE observer_id = 'odd'", values: [] },
  ]);
  for (const args of [
    ['status'],
    ['status', '--json'],
    ['events'],
    ['events', '--json'],
    ['why', 'b'],
    ['why', 'b', '--json'],
  ]) {
    const end = await runCommand([...args, '--registry', `sqlite:${opened.path}`]);
    expect({ args, code: end.code }).toEqual({ args, code: 0 });
    expect(end.stdout).toContain('odd');
    expect(end.stderr).toMatch(/^warning: A row of ringwatch_events \(\d+\) is shown without its evidence/m);
  }
});
