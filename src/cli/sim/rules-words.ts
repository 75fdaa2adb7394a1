/** What the rules are called in text for people. */
import type { Rules } from '../../sim/experiment/experiment.ts';

/** Names for headings. */
export const rulesWords: Readonly<Record<Rules, string>> = {
  ringwatch: 'Ringwatch',
  original: 'the original',
  'permutation-rings': 'permutation rings',
};
