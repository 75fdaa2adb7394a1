/** The line that runs the same simulation again: what was given, in one order, without where its output goes. */
import { settingFlags } from '../setting-flags.ts';
import type { SimFlags } from './sim-request.ts';

const flagNames = [
  'scenario',
  'nodes',
  'preset',
  'rules',
  'compare',
  'latency',
  'loss',
  'crash',
  'backAfter',
  'hours',
  'minutes',
] as const satisfies readonly (keyof SimFlags)[];

/** The line for an experiment, its seed always among it. */
export function experimentCommand(flags: SimFlags, seed: number): string {
  const own = flagNames.map((name) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    flags[name],
  ]);
  const settings = settingFlags.map(({ name, flag }) => [flag, flags[name.replace(/Ms$/, '')]]);
  const words = [...own, ['seed', String(seed)], ...settings].flatMap(([flag, value]) =>
    typeof value === 'string' ? [`--${flag} ${quoted(value)}`] : [],
  );
  return `ringwatch sim ${words.join(' ')}`;
}

/** A word as a shell takes it. */
export function quoted(value: string): string {
  return /^[\w.,:/%+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
