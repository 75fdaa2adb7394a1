/** `ringwatch config`: what an agent with these flags and variables would run with, and where each value comes from. */
import { Argument, Command } from 'commander';
import type { AgentFlags } from '../agent-flags.ts';
import { addAgentOptions, readSwitches } from '../agent-options.ts';
import type { EffectiveValue, GivenOption } from '../effective-config.ts';
import { columns } from '../render/table.ts';
import { settingFlags } from '../setting-flags.ts';
import { examples, exitCodeHelp } from '../shared-options.ts';
import { paintFor, print, printable, printJson } from '../terminal.ts';

/** The command. */
export function configCommand(): Command {
  const command = new Command('config')
    .description(
      'Show what an agent with these flags and variables would run with, and where each value comes from.',
    )
    .addArgument(new Argument('[what]', 'the configuration in effect').choices(['show']).default('show'));
  return addAgentOptions(command)
    .addHelpText('after', helpText)
    .action(async (_what: string, flags: AgentFlags, self: Command) => run(flags, self));
}

async function run(flags: AgentFlags, command: Command): Promise<void> {
  const { readAgentFlags } = await import('../agent-flags.ts');
  const { effectiveConfig } = await import('../effective-config.ts');
  const config = effectiveConfig(readAgentFlags(flags), givenOptions(command), (flag) =>
    sourceOf(command, flag),
  );
  if (flags.json === true) printJson(config);
  else {
    const paint = paintFor(process.stdout);
    const head = ['OPTION', 'VALUE', 'FROM'].map((title) => paint('quiet', title));
    const given = config.options.filter(({ text }) => text !== '');
    print(columns([head, ...given.map(rowOf), ['', '', ''], ...config.settings.map(rowOf)]).join('\n'));
    print(`\nsettings digest: ${config.settingsDigest} (the same on all nodes of a cluster that agree)`);
  }
}

function rowOf({ name, text, from }: EffectiveValue): string[] {
  return [`--${name}`, printable(text), from];
}

/** All options but the settings, and but what is of this command's output. */
function givenOptions(command: Command): GivenOption[] {
  const settings = new Set(settingFlags.map(({ flag }) => flag));
  const switches: Readonly<Record<string, boolean | undefined>> = { ...readSwitches(process.env) };
  return command.options.flatMap((option): GivenOption[] => {
    const name = option.long?.slice(2) ?? '';
    if (settings.has(name) || name === 'json') return [];
    const key = option.attributeName();
    const from = sourceOf(command, name);
    const otherwise = option.defaultValueDescription ?? (option.defaultValue as string | undefined);
    if (from === null && switches[key] === true) {
      const variable = `RINGWATCH_${name.replaceAll('-', '_').toUpperCase()}`;
      return [{ name, value: true, otherwise, from: variable }];
    }
    return [{ name, value: from === null ? undefined : command.getOptionValue(key), otherwise, from }];
  });
}

/** `flag` or a variable; null where it was not given. */
function sourceOf(command: Command, name: string): string | null {
  const option = command.options.find(({ long }) => long === `--${name}`);
  const source = option === undefined ? undefined : command.getOptionValueSource(option.attributeName());
  if (source === 'env') return option?.envVar ?? null;
  return source === 'cli' ? 'flag' : null;
}

const helpText = [
  '\nIt takes the flags and variables of `ringwatch agent`, opens no registry and starts',
  'nothing. Logins, parameters of a registry and commands are not printed. With --json',
  'durations are milliseconds.',
  exitCodeHelp,
  examples(['ringwatch config show --preset lan', 'ringwatch config --json | jq .settings']),
].join('\n');
