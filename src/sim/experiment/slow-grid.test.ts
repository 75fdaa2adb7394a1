import { expect, it } from 'vitest';
import { runSlowGrid, type SlowCell } from './slow-grid.ts';

const grid = { members: [2], stallsMs: [2_048], intervalsMs: [64, 16_384] };

it('runs each cell: slow nodes are accused, blocked ones accuse none, and no node is confirmed dead', async () => {
  const heard: SlowCell[] = [];
  const input = { nodes: 12 };
  const goOn = await runSlowGrid(grid, 'go-on', input, { onCell: (cell) => void heard.push(cell) });
  const stopped = await runSlowGrid(grid, 'stop', input);
  expect(heard).toEqual(goOn);
  expect(goOn.map(({ members, stallMs, intervalMs }) => [members, stallMs, intervalMs])).toEqual([
    [2, 2_048, 64],
    [2, 2_048, 16_384],
  ]);
  expect(goOn[0]?.suspicionCount).toBeGreaterThan(0);
  expect(stopped[0]?.suspicionCount).toBeGreaterThan(0);
  for (const cell of stopped) expect(cell.healthySuspicionCount).toBe(0);
  for (const cell of [...goOn, ...stopped]) expect(cell.verdictCount).toBe(0);
});

it('stops when it is told to', async () => {
  const cells = await runSlowGrid(grid, 'stop', { nodes: 3 }, { isStopped: () => true });
  expect(cells).toHaveLength(1);
});
