import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import { ConfigError } from '../core/settings/config.ts';
import { type AgentOptions, resolveOptions } from './options.ts';

const registry = new MemoryRegistry({ now: () => 0 });
const least: AgentOptions = { nodeId: 'a', registry, address: '10.0.0.1' };

function pathsOf(options: object): readonly string[] {
  try {
    resolveOptions({ ...least, ...options });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.violations.map(({ path }) => path);
    throw error;
  }
}

describe('an agent', () => {
  it('needs an id, a registry and an address', () => {
    expect(resolveOptions(least)).toMatchObject({
      port: 6001,
      host: null,
      replace: false,
      check: null,
      checkIntervalMs: 5_000,
      checkTimeoutMs: 3_000,
      checkFailures: 3,
      selfDeadPolicy: 'rejoin',
      settings: { nodeId: 'a', probeIntervalMs: 10_000 },
    });
  });

  it('refuses a name that is no setting and no option', () => {
    expect(pathsOf({ probIntervalMs: 1, selfDeadPolcy: 'exit', address: '' })).toEqual([
      'probIntervalMs',
      'selfDeadPolcy',
      'address',
    ]);
  });

  it('takes its defaults from the settings', () => {
    expect(resolveOptions({ ...least, preset: 'local', probePort: 7000 })).toMatchObject({
      port: 7000,
      checkIntervalMs: 250,
      checkTimeoutMs: 1_000,
    });
  });

  it('keeps IPv6 addresses without brackets, so that they are never shown with two', () => {
    expect(
      resolveOptions({ ...least, address: '[::1]', internalAddress: '[fd00::1]', host: '[::1]' }),
    ).toMatchObject({
      address: '::1',
      internalAddress: 'fd00::1',
      host: '::1',
    });
  });

  it('belongs to the cluster ringwatch, and is reached where it listens, unless it is told otherwise', () => {
    expect(resolveOptions(least)).toMatchObject({ clusterName: 'ringwatch', advertisedPort: null });
    expect(pathsOf({ clusterName: '', advertisedPort: 0 })).toEqual(['clusterName', 'advertisedPort']);
    expect(pathsOf({ clusterName: 'prod\n' })).toEqual(['clusterName']);
  });

  it('takes no setting of a check without the check', () => {
    const settings = { checkIntervalMs: 5_000, checkTimeoutMs: 5_000, checkFailures: 2 };
    expect(pathsOf(settings)).toEqual(['checkIntervalMs', 'checkTimeoutMs', 'checkFailures']);
    expect(pathsOf({ ...settings, check: 'true' })).toEqual([]);
  });

  it.each(['ftp://x', 'file:///tmp/x', 'http://', 'HTTPS://['])('takes %s for no check', (check) => {
    expect(pathsOf({ check })).toEqual(['check']);
  });

  it('takes durations with their unit, its own and those of its monitors', () => {
    const given = {
      ...least,
      probeIntervalMs: '2s',
      check: 'true',
      checkTimeoutMs: '1.5s',
      retention: { maxAgeMs: '30d' },
    } as const;
    expect(resolveOptions(given)).toMatchObject({
      settings: { probeIntervalMs: 2_000 },
      checkIntervalMs: 1_000,
      checkTimeoutMs: 1_500,
      retention: { maxAgeMs: 2_592_000_000, maxEventCount: 100_000 },
    });
    expect(pathsOf({ check: 'true', checkTimeoutMs: 'soon', retention: { maxAgeMs: '1s' } })).toEqual([
      'checkTimeoutMs',
      'retention',
    ]);
    const bare = { check: 'true', checkTimeoutMs: '20', retention: { maxAgeMs: '30' } } as object;
    expect(() => resolveOptions({ ...least, ...bare })).toThrow(/20s or 20ms.*30s or 30ms/s);
  });

  it('that opens no port of its own needs the port of the server that answers for it', () => {
    expect(resolveOptions({ ...least, listen: false, port: 8080 })).toMatchObject({
      listen: false,
      port: 8080,
    });
    expect(pathsOf({ listen: false })).toEqual(['port']);
    expect(pathsOf({ listen: false, port: 0 })).toEqual(['port']);
    expect(pathsOf({ listen: 8080 })).toEqual(['listen']);
  });

  it('hands nothing of its own to its monitors', () => {
    const given = { ...least, preset: 'lan', deadAfter: 9, check: 'true', onDead: () => {} } as const;
    expect(Object.keys(resolveOptions(given).monitor).sort()).toEqual([
      'deadAfter',
      'nodeId',
      'preset',
      'registry',
    ]);
  });

  it.each([
    [{ address: '' }, 'address'],
    [{ address: undefined }, 'address'],
    [{ internalAddress: '' }, 'internalAddress'],
    [{ port: -1 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ port: 1.5 }, 'port'],
    [{ host: '' }, 'host'],
    [{ check: '' }, 'check'],
    [{ check: '  ' }, 'check'],
    [{ check: 'http://' }, 'check'],
    [{ checkIntervalMs: 0 }, 'checkIntervalMs'],
    [{ checkTimeoutMs: 1.5 }, 'checkTimeoutMs'],
    [{ checkFailures: 0 }, 'checkFailures'],
    [{ selfDeadPolicy: 'die' }, 'selfDeadPolicy'],
    [{ onDead: 'rm' }, 'onDead'],
    [{ retention: { maxAgeMs: 3_599_999 } }, 'retention'],
    [{ retention: { maxEventCount: 999 } }, 'retention'],
    [{ retention: { departedAfterMs: -1 } }, 'retention'],
    [{ probeIntervalMs: -1 }, 'probeIntervalMs'],
    [{ preset: 'fast' }, 'preset'],
  ])('refuses %j', (change, path) => {
    expect(pathsOf(change)).toContain(path);
  });

  it('prunes by default, in part as asked, or not at all', () => {
    const week = 7 * 86_400_000;
    const usual = { maxAgeMs: week, maxEventCount: 100_000, departedAfterMs: week };
    expect(resolveOptions(least).retention).toEqual(usual);
    expect(resolveOptions({ ...least, retention: { maxAgeMs: 3_600_000 } }).retention).toEqual({
      ...usual,
      maxAgeMs: 3_600_000,
    });
    expect(resolveOptions({ ...least, retention: null }).retention).toBeNull();
  });

  it('tells every violation at once, the settings’ included', () => {
    expect(pathsOf({ address: '', port: -1, neighbors: 0, deadAfter: 0 })).toEqual([
      'neighbors',
      'deadAfter',
      'address',
      'port',
    ]);
  });

  it.each(['true', 'curl -f localhost', 'http://localhost:1/x', 'HTTPS://example.org'])(
    'takes %j as a check',
    (check) => {
      expect(pathsOf({ check })).toEqual([]);
    },
  );
});
