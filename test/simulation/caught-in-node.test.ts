/** The checkers bite: what is planted between a node and its ports, into its watch and its traffic, is caught in time. */
import { describe } from 'vitest';
import { itCatches } from './planted-bugs.ts';
import { bugsInNode } from './planted-in-node.ts';
import { bugsInTraffic } from './planted-in-traffic.ts';
import { bugsInWatch } from './planted-in-watch.ts';

describe('the checkers catch', () => itCatches([...bugsInNode, ...bugsInWatch, ...bugsInTraffic]));
