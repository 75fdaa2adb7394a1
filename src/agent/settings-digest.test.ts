import { expect, it } from 'vitest';
import { resolveSettings, type SettingsInput } from '../core/settings/config.ts';
import { differingSettings, settingsDigest } from './settings-digest.ts';

function digestOf(input: Omit<SettingsInput, 'nodeId'> = {}, preset?: 'lan' | 'wan', nodeId = 'a'): string {
  return settingsDigest(resolveSettings({ nodeId, ...input }, preset), preset);
}

it('is the same for nodes with the same settings, whatever is their own', () => {
  expect(digestOf({}, 'lan')).toMatch(/^lan [0-9a-f]{6}$/);
  expect(digestOf({}, 'lan', 'b')).toBe(digestOf({}, 'lan'));
  const own = { registryTimeoutMs: 1_000, outboxCapacity: 5_000, handlerTimeoutMs: null };
  expect(digestOf({ ...own, stallThresholdMs: 900 }, 'lan')).toBe(digestOf({}, 'lan'));
});

it('differs where one setting does, and says that the preset was changed', () => {
  expect(digestOf({ neighbors: 4 }, 'lan')).toMatch(/^lan\+ [0-9a-f]{6}$/);
  expect(digestOf({ neighbors: 4 })).not.toBe(digestOf({ neighbors: 5 }));
  expect(digestOf()).toMatch(/^default [0-9a-f]{6}$/);
  expect(digestOf({}, 'wan').slice(4)).not.toBe(digestOf({}, 'lan').slice(4));
});

it('is warned of where living nodes have another one', () => {
  const warning = differingSettings('lan 1', [
    { nodeId: 'b', epoch: 1, settings: 'wan 2' },
    { nodeId: 'c', epoch: 1, settings: 'default 3' },
  ]);
  expect(warning).toMatch(/^this node has the settings lan 1, but b has wan 2, c has default 3: /);
});
