/** The options of an agent on a command line: those of `agent`, and of `run` beside its own. */
import { type Command, Option } from 'commander';
import { presets } from '../core/settings/config.ts';
import type { AgentFlags } from './agent-flags.ts';
import { logLevels } from './agent-log.ts';
import { UsageError } from './failure.ts';
import { settingFlags } from './setting-flags.ts';
import { registryOption, settingOption } from './shared-options.ts';

/** Adds all of them, in groups. */
export function addAgentOptions(command: Command): Command {
  command
    .optionsGroup('The node:')
    .addOption(registryOption())
    .addOption(option('--node-id <id>', 'id of this node', 'NODE_ID', 'the host name'))
    .addOption(
      option(
        '--cluster-name <name>',
        'the registry refuses nodes of another one',
        'CLUSTER_NAME',
        'ringwatch',
      ),
    )
    .addOption(option('--address <host>', 'where the other nodes reach this one', 'ADDRESS'))
    .addOption(option('--internal-address <host>', 'a private address that they prefer', 'INTERNAL_ADDRESS'))
    .addOption(option('--advertise <host:port>', 'where they reach it if not there (NAT)', 'ADVERTISE'))
    .addOption(
      option('--listen <host:port>', 'where the ping answer listens; port 0: any', 'LISTEN', 'port 6001'),
    )
    .addOption(option('--region <name>', 'written to the registry for readers', 'REGION'))
    .addOption(option('--secret-file <file>', "the cluster's secret, or two, one a line", 'SECRET_FILE'))
    .option('--secret-accept-unsigned', 'sign, and take what is not signed too')
    .option('--replace', 'replace a running agent with this id')
    .addOption(
      option('--preset <name>', 'settings to start from', 'PRESET', 'default').choices(Object.keys(presets)),
    )
    .optionsGroup('Health of the application:')
    .addOption(option('--check <url|command>', 'the application lives while this passes', 'CHECK'))
    .addOption(
      option(
        '--check-interval <duration>',
        'time between two checks',
        'CHECK_INTERVAL',
        'half of --probe-interval',
      ),
    )
    .addOption(
      option(
        '--check-timeout <duration>',
        'one that takes longer fails',
        'CHECK_TIMEOUT',
        '--probe-timeout, at least 1s',
      ),
    )
    .addOption(option('--check-failures <n>', 'failures in a row until it is dead', 'CHECK_FAILURES', '3'))
    .optionsGroup('Commands to run:')
    .addOption(option('--on-dead <command>', 'the recovery: on one node for each death', 'ON_DEAD'))
    .addOption(option('--on-suspect <command>', 'this node suspects another one', 'ON_SUSPECT'))
    .addOption(option('--on-recovered <command>', 'it answers again', 'ON_RECOVERED'))
    .addOption(option('--on-self-dead <command>', 'this node was found dead: stop serving', 'ON_SELF_DEAD'))
    .addOption(
      option('--self-dead <what>', 'then: rejoin as a new epoch, or exit', 'SELF_DEAD', 'rejoin').choices([
        'rejoin',
        'exit',
      ]),
    )
    .optionsGroup('Output:')
    .option('--events', 'one JSON line per event on stdout')
    .option('--probes', 'with every single probe among them')
    .option('--json', 'the same as --events')
    .addOption(option('--log-level <level>', 'log on stderr', 'LOG_LEVEL').choices(logLevels).default('info'))
    .option('--until-stdin-ends', 'leave when standard input ends (a parent died)')
    .optionsGroup('Settings (defaults without a preset; `ringwatch config` prints those in effect):');
  for (const setting of settingFlags) command.addOption(settingOption(setting).env(setting.variable));
  return command;
}

/** Switches have no value on the command line, but one in the environment, which commander would take for true. */
export function readSwitches(
  environment: NodeJS.ProcessEnv,
): Pick<AgentFlags, 'secretAcceptUnsigned' | 'replace' | 'events' | 'probes' | 'untilStdinEnds'> {
  return {
    secretAcceptUnsigned: readSwitch(environment, 'SECRET_ACCEPT_UNSIGNED'),
    replace: readSwitch(environment, 'REPLACE'),
    events: readSwitch(environment, 'EVENTS'),
    probes: readSwitch(environment, 'PROBES'),
    untilStdinEnds: readSwitch(environment, 'UNTIL_STDIN_ENDS'),
  };
}

function readSwitch(environment: NodeJS.ProcessEnv, variable: string): boolean {
  const name = `RINGWATCH_${variable}`;
  const text = environment[name] ?? '';
  if (text === '' || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1') return true;
  throw new UsageError(`${name}: expected true or false, got ${JSON.stringify(text)}.`);
}

/** `otherwise` says what holds when it is not given; nothing is filled in. */
function option(flags: string, description: string, variable: string, otherwise?: string): Option {
  return new Option(flags, description).env(`RINGWATCH_${variable}`).default(undefined, otherwise);
}
