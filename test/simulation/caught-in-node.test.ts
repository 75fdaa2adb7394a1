/** The checkers bite: what is planted between a node and its ports, and into its traffic, is caught in time. */
import { describe } from 'vitest';
import { itCatches } from './planted-bugs.ts';
import { bugsInNode } from './planted-in-node.ts';
import { bugsInTraffic } from './planted-in-traffic.ts';

describe('the checkers catch', () => itCatches([...bugsInNode, ...bugsInTraffic]));
