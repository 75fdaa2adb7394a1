/** `status` in a terminal that is too small for all of it. */
import { expect, test } from 'vitest';
import type { Evidence } from '../../core/evidence.ts';
import { plain } from '../terminal.ts';
import type { ClusterView, NodeState, NodeView } from './cluster-view.ts';
import { renderStatus } from './status-text.ts';

const ending = '.eu-central-1.example.com';

function nodeOf(index: number, state: NodeState = 'healthy'): NodeView {
  const idOf = (of: number): string => `web-${String(of % 40).padStart(2, '0')}${ending}`;
  return {
    id: idOf(index),
    state,
    ...{ epoch: 1, address: idOf(index), port: 6001, region: null, heartbeatAgeMs: 900 },
    ...{
      maintenanceLeftMs: null,
      hasHandler: true,
      flapCount: 1,
      isOnRing: true,
      obituary: null,
      verdict: null,
      waitsBecause: null,
    },
    accusations:
      state === 'suspect' ? [{ observerId: idOf(0), status: 'suspect', ageMs: 1, evidence: null }] : [],
    watches: [1, 2, 3].map((step) => ({ id: idOf(index + step), isBeyond: false })),
  };
}

function viewOf(states: ReadonlyMap<number, NodeState>): ClusterView {
  return {
    nodes: Array.from({ length: 40 }, (_, index) => nodeOf(index, states.get(index))),
    omitted: {},
    agreement: { clusterName: 'ringwatch', settings: [] },
    brake: {
      ...{ unresolvedCount: 0, limit: 13, isHolding: false, weighing: [], heldIds: [], heldObituaries: [] },
      ...{ memberCount: 40, release: null },
    },
    events: Array.from({ length: 10 }, (_, index) => ({
      ...{ cursor: String(index), kind: 'joined', at: 0, detail: {}, targetEpoch: 1 },
      ...{ observerId: 'x', targetId: `node-${index}` },
    })),
  };
}

function drawn(states: readonly (readonly [number, NodeState])[], height = 23): string[] {
  const layout = { paint: plain, width: 79, height, showsAll: false };
  return renderStatus(viewOf(new Map(states)), layout).split('\n');
}

test('40 nodes in 80x24: the headline, then what is in trouble, then as many others as have room', () => {
  const lines = drawn([
    [30, 'suspect'],
    [35, 'confirmed dead'],
  ]);
  expect(lines).toHaveLength(23);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(79);
  expect(lines.slice(0, 8)).toEqual([
    '40 nodes: 1 confirmed dead, 1 suspect, 38 healthy',
    '',
    `  all names end in ${ending}`,
    '  NODE    STATE           BEAT    EPOCH  ADDRESS      WATCHES',
    '✖ web-35  confirmed dead  900 ms  1      web-35:6001  web-36 web-37 web-38',
    '▲ web-30  suspect         900 ms  1      web-30:6001  web-31 web-32 web-33',
    expect.stringContaining('web-00.eu-central-1.example.com suspects it'),
    '● web-00  healthy         900 ms  1      web-00:6001  web-01 web-02 web-03',
  ]);
  const shown = lines.filter((line) => /^[●✖▲] /.test(line)).length;
  expect(lines).toContain(`  and ${40 - shown} more nodes`);
  expect(lines.at(-1)).toContain('node-9 joined');
});

test('where what is said of those in trouble would hide one of them it is left out', () => {
  const lines = drawn(Array.from({ length: 9 }, (_, index) => [30 + index, 'suspect'] as const));
  expect(lines.filter((line) => line.startsWith('▲'))).toHaveLength(9);
  expect(lines.join('\n')).not.toContain('suspects it');
});

test('more in trouble than there is room for are counted, in a picture of any height', () => {
  for (const height of [8, 12, 23]) {
    const lines = drawn(
      Array.from({ length: 40 }, (_, index) => [index, 'confirmed dead'] as const),
      height,
    );
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(lines[0]).toBe('40 nodes: 40 confirmed dead');
    const shown = lines.filter((line) => line.startsWith('✖')).length;
    expect(lines).toContain(`  and ${40 - shown} more nodes`);
  }
});

test('nodes that are only counted are in the headline and below the table', () => {
  const view = { ...viewOf(new Map()), omitted: { left: 50_000, 'dead and settled': 7 } };
  const lines = renderStatus(view, { paint: plain, width: 80, showsAll: false }).split('\n');
  expect(lines[0]).toBe('50047 nodes: 40 healthy, 7 dead and settled, 50000 left');
  expect(lines).toContain('  and 50007 more nodes (--all lists them)');
});

test('an address is cut after the names of watched nodes, so that it can be copied', () => {
  const view = viewOf(new Map([[0, 'dead and settled']]));
  const nodes = view.nodes.slice(0, 4).map((node) => ({ ...node, address: '127.100.100.100', port: 16_201 }));
  const text = renderStatus({ ...view, nodes }, { paint: plain, width: 80, showsAll: false });
  expect(text.match(/127\.100\.100\.100:16201 /g)).toHaveLength(4);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('a node that is here no more is not said to be flapping', () => {
  const view = viewOf(new Map([[0, 'left']]));
  const nodes = view.nodes.slice(0, 2).map((node) => ({ ...node, flapCount: 2 }));
  const text = renderStatus({ ...view, nodes }, { paint: plain, width: 80, showsAll: false });
  expect(text.match(/flapping: 2 deaths in a row/g)).toHaveLength(1);
});

test('the time for which the grace spares a node is that which is left now', () => {
  const evidence: Evidence = {
    ...{ missCount: 2, silentMs: 100, sinceAnswerMs: null, failures: { refused: 2 }, lastFailure: '' },
    observer: { watchedCount: 1, answeringCount: 0, inconclusiveCount: 0 },
    ...{ closedConnection: false, lastKind: 'refused', sparedMs: 60_000 },
  };
  const shownAfter = (ageMs: number): string => {
    const view = viewOf(new Map([[0, 'suspect']]));
    const accusations = [{ observerId: 'web-01', status: 'suspect', ageMs, evidence } as const];
    const nodes = view.nodes.slice(0, 1).map((node) => ({ ...node, accusations }));
    return renderStatus({ ...view, nodes }, { paint: plain, width: 100, showsAll: false });
  };
  expect(shownAfter(20_000)).toContain('spared for 40 s more');
  expect(shownAfter(70_000)).not.toContain('spared');
});
