import { describe, expect, it } from 'vitest';
import { type PresetName, presets, resolveSettings } from '../core/settings/config.ts';
import { drainMs } from './graceful-leave.ts';

describe('a node that has left answers', () => {
  it.each([
    ['default', 800],
    ['original', 0],
    ['local', 950],
    ['lan', 900],
    ['wan', 600],
  ] as const)('with the preset %s for %d ms', (preset, expected) => {
    expect(drainMs(resolveSettings({ nodeId: 'a' }, preset))).toBe(expected);
  });

  it('without hints so long that no observer can miss it often enough to suspect it before its next reading', () => {
    for (const preset of Object.keys(presets) as PresetName[]) {
      const settings = resolveSettings({ nodeId: 'a', hints: false }, preset);
      const readingMs = settings.probeIntervalMs * (1 + settings.jitter);
      const suspectMs = (settings.suspectAfter - 1) * settings.retryIntervalRefusedMs;
      expect(Math.min(5_000, readingMs - suspectMs)).toBeLessThanOrEqual(drainMs(settings));
    }
  });

  it('for five seconds at most, whatever the settings are', () => {
    const settings = resolveSettings({
      nodeId: 'a',
      hints: false,
      probeIntervalMs: 60_000,
      retryIntervalMs: 1_000,
      quorumWindowMs: 600_000,
    });
    expect(drainMs(settings)).toBe(5_000);
  });
});
