/**
 * What an agent would run with, and where each value comes from: a flag, a variable, the preset, another setting, this
 * machine or a default. Pure. No secret is among it: a registry is shown without its login and parameters, and of a command
 * only that it was given.
 */
import { settingsDigest } from '../agent/settings-digest.ts';
import { type PresetName, presets, resolveSettings } from '../core/settings/config.ts';
import { sourcesOf } from '../core/settings/followed-defaults.ts';
import { bareAddress, endpointText } from '../core/wire/address-text.ts';
import type { RegistryAddress } from '../library/registry-url.ts';
import type { readAgentFlags } from './agent-flags.ts';
import { settingFlags, settingText } from './setting-flags.ts';

type Value = string | number | boolean | null;

/** One line of it. */
export interface EffectiveValue {
  /** The option's name without dashes. */
  readonly name: string;
  /** As a machine reads it; durations in milliseconds. */
  readonly value: Value;
  /** As the command line takes it. */
  readonly text: string;
  /** Such as `default`, `flag`, `preset lan` or `RINGWATCH_PRESET`. */
  readonly from: string;
}

/** All of it. */
export interface EffectiveConfig {
  /** As the node joins with it: nodes of one cluster should have the same one. */
  readonly settingsDigest: string;
  readonly options: readonly EffectiveValue[];
  readonly settings: readonly EffectiveValue[];
}

/** An option of the agent that is no setting, as it was found. */
export interface GivenOption {
  readonly name: string;
  /** Undefined where it was not given. */
  readonly value: unknown;
  /** What holds then, in words; undefined for nothing. */
  readonly otherwise: string | undefined;
  /** Where the value comes from; null where it was not given. */
  readonly from: string | null;
}

type Read = Pick<ReturnType<typeof readAgentFlags>, 'options' | 'registryAddress'>;

/** Puts it together; `settingFrom` says where a setting was given, or null. */
export function effectiveConfig(
  { options, registryAddress }: Read,
  given: readonly GivenOption[],
  settingFrom: (flag: string) => string | null,
): EffectiveConfig {
  const settings = settingsOf(options);
  return {
    settingsDigest: settingsDigest(settings, options.preset),
    options: given
      // What is for a check says nothing without one, and an address of its own is not told where another one is.
      .filter(({ name }) => options.check !== undefined || !name.startsWith('check-'))
      .filter(({ name, from }) => name !== 'address' || from !== null || !isAdvertised(given))
      .map((option) => optionLine(option, { options, registryAddress })),
    settings: settingFlags.map((setting) => {
      const value = settings[setting.name];
      const from = settingFrom(setting.flag) ?? originOf(setting.name, value, options.preset);
      return { name: setting.flag, value, text: settingText(setting, value), from };
    }),
  };
}

function isAdvertised(given: readonly GivenOption[]): boolean {
  return given.some(({ name, from }) => name === 'advertise' && from !== null);
}

function settingsOf(options: Read['options']) {
  const names = settingFlags.map(({ name }) => name);
  const input = Object.fromEntries(names.map((name) => [name, options[name]]));
  return resolveSettings({ nodeId: options.nodeId, ...input }, options.preset);
}

/** A preset's value may be bounded by another setting, and a default may follow from one. */
function originOf(name: keyof typeof plain, value: Value, preset: PresetName = 'default'): string {
  const brought: unknown = presets[preset][name as keyof (typeof presets)[PresetName]];
  if (brought === value) return `preset ${preset}`;
  if (brought === undefined && plain[name] === value) return 'default';
  const flags = sourcesOf(name).map(
    (source) => `--${settingFlags.find((known) => known.name === source)?.flag}`,
  );
  return `follows from ${flags.join(', ')}`;
}

const plain = resolveSettings({ nodeId: 'this-node' });

/** Commands may hold passwords. */
const hidden: ReadonlySet<string> = new Set(['on-dead', 'on-suspect', 'on-recovered', 'on-self-dead']);

function optionLine({ name, value, otherwise, from }: GivenOption, read: Read): EffectiveValue {
  const { address, internalAddress, host, port = plain.probePort, advertisedPort } = read.options;
  const advertised = advertisedPort === undefined ? address : endpointText(address, advertisedPort);
  const lines: Readonly<Record<string, string>> = {
    registry: shownRegistry(read.registryAddress),
    'node-id': read.options.nodeId,
    address: typeof value === 'string' ? bareAddress(value) : address,
    'internal-address': internalAddress ?? '',
    advertise: from === null ? '' : advertised,
    listen: host === undefined ? `all interfaces, port ${port}` : endpointText(host, port),
    check: value === undefined ? '' : shownCheck(String(value)),
  };
  const text =
    lines[name] ?? (hidden.has(name) && value !== undefined ? 'a command' : textOf(value, otherwise));
  const origin = from ?? (name === 'address' && text !== '' ? 'this machine' : 'default');
  return { name, value: text === '' ? null : text, text, from: origin };
}

function textOf(value: unknown, otherwise: string | undefined): string {
  return value === undefined || value === false ? (otherwise ?? '') : String(value);
}

/** A URL may have a login or a key, and a command anything. */
function shownCheck(check: string): string {
  if (!URL.canParse(check) || !/^https?:/i.test(check)) return 'a command';
  const { origin, pathname } = new URL(check);
  return origin + pathname;
}

function shownRegistry(address: RegistryAddress): string {
  switch (address.kind) {
    case 'sqlite':
      return `sqlite:${address.path}`;
    case 'rqlite':
      return `rqlite${address.tls === null ? '' : 's'}://${address.hosts.join(',')}`;
    case 'postgres': {
      const [place = ''] = address.connectionString.split('?');
      return `${place.replace(/:\/\/.*@/s, '://')}?schema=${address.schema}`;
    }
  }
}
