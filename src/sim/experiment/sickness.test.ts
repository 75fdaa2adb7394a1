import { expect, it } from 'vitest';
import { resolveSettings } from '../../core/settings/config.ts';
import type { PlannedFault } from '../fault-plan.ts';
import { registryHost } from '../network.ts';
import { sicknessOf } from './sickness.ts';

/** Rounds of 10 s and timeouts of 3 s: well again 23 s after the end. */
const settings = resolveSettings({ nodeId: 'any' });
const at = 1_000;
const durationMs = 5_000;

const plans: readonly [string, PlannedFault, readonly string[]][] = [
  ['a pause', { at, kind: 'pause', nodeId: 'a', durationMs, how: 'stalled' }, ['a']],
  [
    'stalls, all the time that they come and go',
    { at, kind: 'slow', nodeIds: ['a', 'b'], durationMs, stallMs: 10, freeMs: 900, timers: 'go-on' },
    ['a', 'b'],
  ],
  ['a spoilt link', { at, kind: 'link', fault: { from: ['a'], to: ['c'] }, durationMs }, ['a', 'c']],
  [
    'the smaller side of a cut',
    { at, kind: 'cut', some: ['a', registryHost], others: ['b', 'c'], durationMs },
    ['a'],
  ],
  [
    'both halves',
    { at, kind: 'cut', some: ['a', 'b'], others: ['c', 'd'], durationMs },
    ['a', 'b', 'c', 'd'],
  ],
  ['no node by loss that hits all', { at, kind: 'loss', lossRate: 0.2, durationMs }, []],
  ['no node by the registry', { at, kind: 'registry', state: 'silent', durationMs }, []],
];

it.each(plans)('is brought by %s', (_, fault, sickIds) => {
  const isSick = sicknessOf([fault], settings);
  for (const id of ['a', 'b', 'c', 'd']) {
    const seen = [999, 1_000, 6_000, 29_000, 29_001].map((instant) => isSick(id, instant));
    const isNamed = sickIds.includes(id);
    expect(seen, id).toEqual([false, isNamed, isNamed, isNamed, false]);
  }
});
