/** `ringwatch explain`: what settings mean before they are used. Needs no registry. */
import { Command, Option } from 'commander';
import { presets } from '../../core/settings/config.ts';
import { type ExplainFlags, readExplainFlags } from '../explain/explain-flags.ts';
import { explain } from '../explain/explanation.ts';
import { renderExplanation } from '../render/explanation-text.ts';
import { settingFlags } from '../setting-flags.ts';
import { examples, exitCodeHelp, settingOption, wholeNumber } from '../shared-options.ts';
import { paintFor, print, printJson, widthOf } from '../terminal.ts';

/** The command. */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description(
      'Say what settings mean: how soon a crash, a hang or a lost host is confirmed, what is forgiven, and what it costs.',
    )
    .addOption(
      new Option('--preset <name>', 'settings to start from')
        .env('RINGWATCH_PRESET')
        .choices(Object.keys(presets)),
    )
    .addOption(
      new Option('--nodes <n>', 'how many nodes the cluster has')
        .argParser(wholeNumber(2, 1_000_000))
        .default(100),
    )
    .option('--config <file>', 'JSON of settings as the library takes them; flags win')
    .option('--json', 'print JSON', false)
    .optionsGroup('Settings, as the agent has them (docs/configuration.md):');
  for (const setting of settingFlags) command.addOption(settingOption(setting).env(setting.variable));
  return command.addHelpText('after', helpText).action(run);
}

async function run(flags: ExplainFlags): Promise<void> {
  const explanation = explain(await readExplainFlags(flags));
  const layout = { paint: paintFor(process.stdout), width: widthOf(process.stdout) };
  if (flags.json) printJson(explanation);
  else print(renderExplanation(explanation, layout));
}

const helpText = [
  '\nNothing is measured and no registry is asked: all of it follows from the settings.',
  'It takes them from the environment as the agent does, such as RINGWATCH_PRESET.',
  exitCodeHelp,
  examples([
    'ringwatch explain --preset lan --nodes 200',
    'ringwatch explain --preset lan --min-silence-refused 0 --answer-window-refused 300ms',
    'ringwatch explain --config settings.json --json',
  ]),
].join('\n');
