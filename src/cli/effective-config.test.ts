import { expect, test } from 'vitest';
import { type AgentFlags, readAgentFlags } from './agent-flags.ts';
import { type EffectiveConfig, effectiveConfig, type GivenOption } from './effective-config.ts';

/** What these flags make, as the command would ask for it. */
function configOf(flags: Partial<AgentFlags>, names: readonly string[] = []): EffectiveConfig {
  const all = { registry: 'sqlite:./c.db', nodeId: 'a', logLevel: 'info', ...flags } as const;
  const keyOf = (name: string): string => name.replace(/-[a-z]/g, (part) => part.slice(1).toUpperCase());
  const given = names.map((name): GivenOption => {
    const value = flags[keyOf(name)];
    return { name, value, otherwise: undefined, from: value === undefined ? null : 'flag' };
  });
  return effectiveConfig(readAgentFlags(all), given, (flag) =>
    flags[keyOf(flag)] === undefined ? null : 'flag',
  );
}

function settingOf({ settings }: EffectiveConfig, flag: string): string {
  const found = settings.find(({ name }) => name === flag);
  return `${found?.text} ${found?.from}`;
}

function optionsOf({ options }: EffectiveConfig): string[] {
  return options
    .filter(({ value }) => value !== null)
    .map(({ name, text, from }) => `${name} ${text} ${from}`);
}

test('every setting says where its value comes from', () => {
  const config = configOf({ preset: 'lan', deadAfter: '9', retryInterval: '2s' });

  expect(settingOf(config, 'dead-after')).toBe('9 flag');
  expect(settingOf(config, 'probe-interval')).toBe('5s preset lan');
  expect(settingOf(config, 'jitter')).toBe('0.1 default');
  expect(settingOf(config, 'heartbeat-window')).toBe('30s follows from --heartbeat-interval');
  expect(settingOf(config, 'proof-window')).toBe('5s follows from --retry-interval, --probe-timeout');
  expect(config.settings.find(({ name }) => name === 'probe-interval')?.value).toBe(5_000);
  expect(config.settingsDigest).toMatch(/^lan\+ [0-9a-f]{6}$/);
});

test('a value of the preset that another setting bounds follows from that one', () => {
  expect(settingOf(configOf({ preset: 'wan', probeInterval: '800ms' }), 'retry-interval')).toBe(
    '800ms follows from --probe-interval',
  );
});

test('no login, key or command is shown', () => {
  const flags = {
    registry: 'postgres://joe:s3cret@db.example:5433/app?sslpassword=s3cret',
    address: '127.0.0.1',
    check: 'http://joe:s3cret@localhost/health?key=s3cret',
    onDead: 'curl -H "Authorization: s3cret" http://x',
  };
  const names = ['registry', 'address', 'check', 'on-dead', 'listen'];
  const config = configOf(flags, names);

  expect(optionsOf(config)).toEqual([
    'registry postgres://db.example:5433/app?schema=ringwatch flag',
    'address 127.0.0.1 flag',
    'check http://localhost/health flag',
    'on-dead a command flag',
    'listen 127.0.0.1:6001 default',
  ]);
  expect(JSON.stringify(config)).not.toContain('s3cret');
  const other = configOf(
    { ...flags, registry: 'rqlites://joe:s3cret@db.example', check: 'test s3cret' },
    names,
  );
  expect(optionsOf(other).slice(0, 3)).toEqual([
    'registry rqlites://db.example:4001 flag',
    'address 127.0.0.1 flag',
    'check a command flag',
  ]);
});

test('where the node listens and where it is reached are told apart', () => {
  const names = ['address', 'advertise', 'listen'];

  expect(optionsOf(configOf({}, names))).toEqual([
    'address 127.0.0.1 this machine',
    'listen 127.0.0.1:6001 default',
  ]);
  expect(optionsOf(configOf({ advertise: '203.0.113.9:7001', listen: '7000' }, names))).toEqual([
    'advertise 203.0.113.9:7001 flag',
    'listen all interfaces, port 7000 flag',
  ]);
  expect(optionsOf(configOf({ advertise: '203.0.113.9:7001', address: '[::1]' }, names))).toEqual([
    'address ::1 flag',
    'advertise 203.0.113.9:7001 flag',
    'listen [::1]:6001 default',
  ]);
});

test('what is for a check is not told without one', () => {
  expect(configOf({}, ['check', 'check-interval']).options.map(({ name }) => name)).toEqual(['check']);
  expect(configOf({ check: 'true' }, ['check', 'check-interval']).options).toHaveLength(2);
});
