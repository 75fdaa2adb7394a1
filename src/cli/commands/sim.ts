/** `ringwatch sim`: a cluster in virtual time. Says what may be given; sim/ does it. */
import { Command, Option } from 'commander';
import { presets } from '../../core/settings/config.ts';
import { listenForInterruption } from '../interruption.ts';
import { settingFlags } from '../setting-flags.ts';
import { examples, settingOption } from '../shared-options.ts';
import type { SimFlags, SimRequest } from '../sim/sim-request.ts';
import { printError } from '../terminal.ts';
import { packageVersion } from '../version.ts';

/** As shells tell of a SIGINT. */
const interruptedCode = 130;

/** The command. */
export function simCommand(): Command {
  const command = new Command('sim')
    .description(
      'Run a cluster in virtual time, with your settings and your network: how soon is a crash confirmed, how often is a healthy node accused, what does it cost.',
    )
    .optionsGroup('The experiment:')
    .option('--nodes <n>', 'how many nodes (default: 100)')
    .option('--hours <n>', 'virtual time that is measured (default: 1)')
    .option('--minutes <n>', 'the same in minutes')
    .option('--seed <n>', 'the same seed gives the same run (default: 1)')
    .addOption(new Option('--preset <name>', `settings to start from: ${Object.keys(presets).join(', ')}`))
    .option('--rules <name>', 'ringwatch, original, or permutation-rings (default: ringwatch)')
    .option('--compare <name>', 'the same experiment under these rules too, side by side')
    .option('--latency <name>', 'of a message: none, loopback, lan, wan, or a duration (default: lan)')
    .option('--loss <fraction>', 'part of all messages that is lost (default: 0)')
    .option('--crash <n>', 'crashes of random nodes at random instants (default: 5)')
    .option('--back-after <duration>', 'how long a crashed node stays away')
    .option('--scenario <name>', 'one of the published experiments; other flags change it')
    .option('--list', 'list the scenarios')
    .optionsGroup('Random worlds, under the checkers of every promise:')
    .option('--swarm', 'the world that --seed draws: its size, settings, network and faults')
    .option('--seeds <first-last>', 'with --swarm or --dense: many seeds, such as 1-100')
    .option('--shrink', 'make the first run that breaks a promise smaller; print it as JSON')
    .option('--plan <file>', 'run a world that --shrink printed')
    .optionsGroup('Dense worlds, to learn what healthy nodes survive:')
    .option('--dense', 'a small cluster in which each node goes from one disturbance into the next')
    .option(
      '--without <rules>',
      'with --dense: go without hints, messages, own-suspicion or fresh-proof; commas between several',
    )
    .optionsGroup('Output:')
    .option('--trace', 'print the story, a line an event')
    .option('--json', 'JSON lines; the whole result is the last one')
    .option('--csv <file>', 'write a line for each death')
    .option('--html <file>', 'write a page with plots that needs nothing but itself')
    .optionsGroup('Settings (docs/configuration.md has defaults and limits):');
  for (const setting of settingFlags) command.addOption(settingOption(setting));
  return command.addHelpText('after', helpText).action(run);
}

async function run(flags: SimFlags): Promise<void> {
  const { readSimFlags } = await import('../sim/sim-flags.ts');
  const request = readSimFlags(flags);
  const interruption = listenForInterruption();
  try {
    const exitCode = await perform(flags, request, interruption.signal);
    if (exitCode === null) printError('Interrupted.');
    process.exitCode = exitCode ?? interruptedCode;
  } finally {
    interruption.dispose();
  }
}

async function perform(flags: SimFlags, request: SimRequest, signal: AbortSignal): Promise<number | null> {
  switch (request.kind) {
    case 'list': {
      const { listScenarios } = await import('../sim/list-scenarios.ts');
      return listScenarios(request.isJson);
    }
    case 'swarm': {
      const { runSwarm } = await import('../sim/run-swarm.ts');
      return runSwarm(request, signal);
    }
    case 'dense': {
      const { runDenseWorlds } = await import('../sim/run-dense.ts');
      return runDenseWorlds(request, signal);
    }
    case 'plan': {
      const { runPlanFile } = await import('../sim/run-plan.ts');
      return runPlanFile(request, signal);
    }
    case 'experiment': {
      const { experimentCommand } = await import('../sim/sim-command-line.ts');
      const { runExperiments } = await import('../sim/run-experiments.ts');
      const seed = request.experiments[0]?.seed ?? 1;
      const origin = { command: experimentCommand(flags, seed), version: packageVersion() };
      return runExperiments(request, origin, signal);
    }
  }
}

const helpText = [
  '\nThe nodes are the real monitors; clocks, network and registry are virtual. Time',
  'jumps from one event to the next, so that a day passes in minutes. The same line',
  'gives the same numbers on any machine. Nothing is written but the named files,',
  'and no option is taken from the environment.',
  '',
  'An accusation is a suspicion or a verdict about a node that lived. A node is',
  'healthy unless the experiment pauses it, cuts it off or spoils its link.',
  '',
  'With --swarm a broken promise is printed with the one line that runs it again.',
  '',
  'Exit codes: 0 done, 1 it could not be done or a promise was broken, 2 wrong',
  'usage, 130 interrupted.',
  examples([
    'ringwatch sim --nodes 100 --preset lan --loss 0.02 --latency wan --crash 5 \\',
    '    --hours 24 --seed 7 --html report.html',
    'ringwatch sim --preset lan --dead-after 5 --compare original',
    'ringwatch sim --list',
    'ringwatch sim --swarm --seeds 1-100',
    'ringwatch sim --swarm --seed 950 --shrink > plan.json',
    'ringwatch sim --plan plan.json --trace',
    'ringwatch sim --dense --preset lan --seeds 1-100',
  ]),
].join('\n');
