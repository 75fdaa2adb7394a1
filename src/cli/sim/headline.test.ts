import { expect, test } from 'vitest';
import { aDeath, aResult } from '../../../test/harness/experiment-result.ts';
import type { FalseAccusation } from '../../sim/experiment/experiment.ts';
import { headlineOf } from './headline.ts';

function killed(isOfHealthy: boolean): FalseAccusation {
  return { kind: 'verdict', at: 1, observerId: 'a', targetId: 'b', isByHealthy: true, isOfHealthy };
}

test('the headline tells how many deaths were confirmed, how soon, and who was killed wrongly', () => {
  expect(headlineOf(aResult())).toBe('2 of 3 deaths confirmed, median 16 s, no healthy node killed');
  expect(headlineOf(aResult({ falseAccusations: [killed(true), killed(false), killed(false)] }))).toBe(
    '2 of 3 deaths confirmed, median 16 s, 1 healthy node killed, 2 that were cut off or stalled',
  );
  expect(headlineOf(aResult({ deaths: [aDeath({ backMs: 5_000 })] }))).toBe(
    '0 of 1 death confirmed, 1 back before that, no healthy node killed',
  );
  expect(headlineOf(aResult({ deaths: [], falseAccusations: [killed(true), killed(true)] }))).toBe(
    'No node died, 2 healthy nodes killed',
  );
});
