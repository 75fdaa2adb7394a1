import { describe, expect, it } from 'vitest';
import type { Announcement } from '../core/effects.ts';
import type { Verdict } from '../core/verdict.ts';
import { AnnouncementFilter } from './announcement-filter.ts';

const verdictOn = (nodeId: string, epoch: number): Announcement => ({
  kind: 'announce',
  name: 'verdict-read',
  payload: { verdict: { nodeId, epoch } as Verdict },
});
const warning = (code: 'stalled' | 'bad-row', nodeId: string | null): Announcement => ({
  kind: 'announce',
  name: 'warning',
  payload: { code, message: '', targetId: nodeId },
});

describe('what the core announces again and again', () => {
  const passes = (announcements: readonly Announcement[]) => {
    const filter = new AnnouncementFilter();
    return announcements.map((announcement) => filter.passes(announcement, 0));
  };

  it('passes once: a verdict on an epoch, and a bad row', () => {
    expect(passes([verdictOn('a', 1), verdictOn('a', 1), verdictOn('a', 2), verdictOn('b', 1)])).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(passes([warning('bad-row', 'a'), warning('bad-row', 'a'), warning('bad-row', 'b')])).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('passes once a minute: an own stall', () => {
    const filter = new AnnouncementFilter();
    const told = [0, 59_999, 60_000].map((now) => filter.passes(warning('stalled', null), now));
    expect(told).toEqual([true, false, true]);
  });

  it('passes always: anything else', () => {
    const watching: Announcement = { kind: 'announce', name: 'watching', payload: { targetIds: [] } };
    expect(passes([watching, watching])).toEqual([true, true]);
  });
});
