/** The checkers bite: what is taken for evidence and is none is caught in time. */
import { describe } from 'vitest';
import { itCatches } from './planted-bugs.ts';
import { bugsInSilences } from './planted-in-silences.ts';

describe('the checkers catch', () => itCatches(bugsInSilences));
