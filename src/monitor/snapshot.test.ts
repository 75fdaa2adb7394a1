import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../test/harness/detector-driver.ts';
import { resolveSettings } from '../core/config.ts';
import { newPeer } from '../core/peer.ts';
import { newDetector } from '../core/state.ts';
import { snapshotOf } from './snapshot.ts';

const settings = resolveSettings({ nodeId: 'self' });

describe('a snapshot', () => {
  it('shows a target as confirmed dead only in the epoch that the verdict is about', () => {
    const peer = newPeer(nodeOf('t', { lifecycle: 'dead' }));
    const shown = (epoch: number): boolean | undefined => {
      const state = { ...newDetector(1), peers: new Map([['t', { ...peer, epoch }]]), watching: ['t'] };
      const facts = { isRunning: true, isOutage: false, waitingCount: 0, now: 0 };
      return snapshotOf(settings, state, facts).targets[0]?.isConfirmedDead;
    };
    expect(shown(1)).toBe(true);
    expect(shown(2)).toBe(false);
  });
});
