/** The demo's story, picture and summary from event lines as agents print them. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { EventLine } from '../event-lines.ts';
import { plain } from '../terminal.ts';
import { drawCircle } from './circle.ts';
import type { DeathStory } from './death-story.ts';
import { drawPicture } from './picture.ts';
import { nodeIds, paceOf } from './run-demo.ts';
import { DemoStory } from './story.ts';
import { renderSummary, summarize } from './summary.ts';

let story: DemoStory;

beforeEach(() => {
  story = new DemoStory(nodeIds(3));
  for (const [index, id] of nodeIds(3).entries()) {
    story.launched(id, 100 + index);
    tell(1_000, 'joined', id, id, { targetEpoch: 1 });
  }
});

function tell(atMs: number, event: string, targetId: string, nodeId: string, facts: object = {}): void {
  const line: EventLine = {
    at: '2026-05-04T12:00:00.000Z',
    ...{ event, nodeId, targetId, targetEpoch: 1, ...facts },
  };
  story.apply(line, atMs);
}

function death(): DeathStory {
  const found = story.deathOf('node-b');
  if (found === null) throw new Error('node-b did not die');
  return found;
}

function killAndMiss(): void {
  story.killed('node-b', 2_000, true);
  tell(2_100, 'probe', 'node-b', 'node-a', { result: 'miss', missCount: 1 });
  tell(2_400, 'suspect', 'node-b', 'node-a');
  tell(2_500, 'suspect', 'node-b', 'node-c');
  tell(3_500, 'dead', 'node-b', 'node-a');
  tell(3_700, 'dead', 'node-b', 'node-c');
}

function confirmAndRecover(): void {
  const voterIds = ['node-a', 'node-c'];
  tell(3_750, 'verdict', 'node-b', 'node-c', { quorum: 2, voterIds });
  tell(3_900, 'verdict', 'node-b', 'node-a', { quorum: 2, voterIds });
  tell(3_800, 'handler-started', 'node-b', 'node-a', { fence: 4, attempt: 1 });
  tell(4_500, 'handler-ended', 'node-b', 'node-a', { fence: 4, outcome: 'completed', error: null });
  death().handlerRuns = [{ ownerId: 'node-a', nodeId: 'node-b', epoch: 1, fence: 4 }];
  death().row = { resolution: 'completed', ownerId: 'node-a', fence: 4 };
}

function comeBack(): void {
  story.launched('node-b', 200);
  tell(6_000, 'joined', 'node-b', 'node-b', { targetEpoch: 2 });
  tell(6_300, 'recovered', 'node-b', 'node-a', { was: 'dead' });
  tell(6_400, 'recovered', 'node-b', 'node-c', { was: 'dead' });
}

function picture(width: number, height: number): string {
  const text = { title: 'Title', caption: 'Caption', footer: [] };
  const facts = { deadAfter: 7, nowMs: 7_000, width, height, paint: plain };
  return drawPicture({ story, death: story.deaths.at(-1) ?? null, ...text, ...facts });
}

describe('what must have happened', () => {
  test('a whole story lacks nothing', () => {
    killAndMiss();
    confirmAndRecover();
    expect(death().isOver).toBe(false);
    comeBack();

    expect(death().isOver).toBe(true);
    expect(death().missing()).toEqual([]);
    expect(story.wrongs).toEqual([]);
  });

  test('a story that ends early says all that is missing', () => {
    killAndMiss();

    expect(death().missing()).toEqual([
      'there was no verdict',
      'the recovery was started 0 times, not once',
      'no recovery was completed',
      'the recovery command ran 0 times, not once',
      'the node did not come back',
      'no observer said recovered',
      'node-a, node-c did not take back what was said',
    ]);
  });

  test('a second recovery, a second run of the command, and another fence in the registry are told', () => {
    killAndMiss();
    confirmAndRecover();
    comeBack();
    tell(4_000, 'handler-started', 'node-b', 'node-c', { fence: 5, attempt: 2 });
    death().handlerRuns = [...death().handlerRuns, ...death().handlerRuns];
    death().row = { resolution: 'completed', ownerId: 'node-c', fence: 5 };

    expect(death().missing()).toEqual([
      'the recovery was started 2 times, not once',
      'the recovery command ran 2 times, not once',
      'the registry does not have the recovery as it was seen',
    ]);
  });

  test('a verdict with too few voters, or with a vote without a voter, is told', () => {
    killAndMiss();
    tell(3_750, 'verdict', 'node-b', 'node-c', { quorum: 2, voterIds: ['node-x'] });

    expect(death().missing()).toContain('the verdict has 1 voters but needs 2');
    expect(death().missing()).toContain('the verdict counts a vote that no observer cast');
  });

  test('a verdict on a process that runs is a wrong, whatever else happens', () => {
    tell(2_000, 'verdict', 'node-c', 'node-a', { quorum: 2, voterIds: ['node-a', 'node-b'] });

    expect(story.wrongs).toEqual(['node-c was found dead while it ran']);
  });
});

test('the summary says what happened at which second after the kill, and by whom', () => {
  killAndMiss();
  confirmAndRecover();
  comeBack();

  expect(renderSummary(death(), death().missing(), plain)).toMatchInlineSnapshot(`
    "  What happened       second  by
    ✔ SIGKILL               0.00  node-b, epoch 1, process 101
    ✔ first miss            0.10  node-a
    ✔ suspect               0.40  node-a, node-c 0.50
    ✔ votes                 1.50  node-a, node-c 1.70
    ✔ verdict: dead         1.75  voted by node-a and node-c; quorum 2
    ✔ recovery started      1.80  node-a alone, fence 4
    ✔ recovery completed    2.50  the command ran once
    ✔ restart               4.00  node-b, epoch 2, process 200
    ✔ recovered             4.30  node-a, node-c 4.40

    The death was found, confirmed and recovered, exactly once."
  `);
  expect(summarize(death()).map(({ second }) => second)).toEqual([0, 0.1, 0.4, 1.5, 1.75, 1.8, 2.5, 4, 4.3]);
});

test('a summary of a story that ended early shows what never came', () => {
  killAndMiss();

  const text = renderSummary(death(), death().missing(), plain);
  expect(text).toContain('✖ verdict: dead       never');
  expect(text).toContain('Not as it should be:\n  there was no verdict\n');
});

test('the picture shows the ring, the script and the newest moments', () => {
  killAndMiss();
  tell(3_600, 'probe', 'node-b', 'node-c', { result: 'miss', missCount: 6 });
  confirmAndRecover();

  expect(picture(79, 24)).toMatchInlineSnapshot(`
    "Title    7.0 s
    Caption

                 ● node-a
             ····        ····           ✔ ring       3 agents, each one a process
            ··              ··          ✔ SIGKILL    to node-b, process 101
           ·                  ·         ✔ misses     node-a 1/7, node-c 6/7
          ·                    ·        ✔ suspect    node-a +0.4 s, node-c +0.5 s
          ·                    ·        ✔ votes      node-a +1.5 s, node-c +1.7 s
          ·                    ·        ✔ verdict    dead, +1.8 s (quorum 2)
        ● node-c          ✖ node-b      ✔ recovery   node-a alone, fence 4, +2.5 s
            ··              ··          › restart
             ····        ····           · recovered
                 ········

     +0.0 s  SIGKILL to node-b (process 101, epoch 1)
     +0.5 s  node-c suspects node-b
     +1.5 s  node-a votes node-b dead
     +1.7 s  node-c votes node-b dead
     +1.8 s  verdict: node-b is dead, by node-a and node-c (quorum 2)
     +1.8 s  node-a owns the recovery of node-b, fence 4
     +2.5 s  node-a ended the recovery of node-b: completed"
  `);
});

test.each([
  [3, 60, 20],
  [5, 79, 24],
  [10, 120, 40],
  [26, 79, 24],
  [50, 79, 24],
])('%i nodes fit a terminal of %i by %i', (count, width, height) => {
  story = new DemoStory(nodeIds(count));
  const { id } = story.members[1] ?? { id: '' };
  story.killed(id, 0, true);
  for (const { id: observer } of story.members) tell(100, 'suspect', id, observer);

  const lines = picture(width, height).split('\n');
  expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(width);
  expect(lines.length).toBeLessThanOrEqual(Math.max(height, 24));
});

test('a circle begins at the top and goes clockwise', () => {
  const point = (name: string) => ({ mark: '●', name, tone: 'good' as const });
  const lines = drawCircle(['n', 'e', 's', 'w'].map(point), { width: 21, height: 7, paint: plain });

  const [top, right, bottom] = [lines[0] ?? '', lines[3] ?? '', lines[6] ?? ''];
  expect(top.indexOf('n')).toBe(bottom.indexOf('s'));
  expect(right.indexOf('w')).toBeLessThan(top.indexOf('n'));
  expect(right.indexOf('e')).toBeGreaterThan(top.indexOf('n'));
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([21]));
});

test('ids are in the order of the ring, however many there are', () => {
  for (const count of [3, 26, 27, 50]) expect(nodeIds(count)).toEqual(nodeIds(count).toSorted());
});

test('more nodes go slower, since all of them share one machine', () => {
  expect(paceOf(5).slice(0, 2)).toEqual(['--probe-interval', '500']);
  expect(paceOf(50).slice(0, 2)).toEqual(['--probe-interval', '1500']);
});
