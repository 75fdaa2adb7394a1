/** `ringwatch agent`: the command line of the daemon. Says what may be given; `run-agent.ts` does it. */
import { Command } from 'commander';
import type { AgentFlags } from '../agent-flags.ts';
import { addAgentOptions, readSwitches } from '../agent-options.ts';
import { examples } from '../shared-options.ts';

/** The command. */
export function agentCommand(): Command {
  const command = new Command('agent').description(
    'Make this machine a node: heartbeat, ping answer, and the watch over its neighbours, until SIGTERM.',
  );
  return addAgentOptions(command)
    .addHelpText('after', helpText)
    .action(async (flags: AgentFlags) => {
      const { runAgent } = await import('../run-agent.ts');
      await runAgent({ ...readSwitches(process.env), ...flags });
    });
}

const helpText = [
  '\nEvery option may be given in the environment: --probe-interval 10s as',
  'RINGWATCH_PROBE_INTERVAL=10s. Durations are written 500ms, 10s, 5m or 1h.',
  '`ringwatch config` prints what is in effect, and where each value comes from.',
  '',
  'Address: with an SQLite registry 127.0.0.1, since all nodes are on one machine;',
  'else the only address of this machine, and --address must be given where there',
  'are several. The agent listens on that very address; for a host name, and for',
  '--advertise alone, on all of them. The port is 6001. --advertise is for NAT and',
  'containers, where others reach it at an address or port that is not its own.',
  '',
  'When --check has failed as often as asked, the application is dead, and this node',
  'with it: the others are told at once and recover it. A new epoch begins when the',
  'check passes again. A check that could not run (exit code 126 or 127, ended by a',
  'signal) is a warning and no failure.',
  '',
  'Commands run in a shell. --on-dead gets RINGWATCH_NODE, RINGWATCH_EPOCH,',
  'RINGWATCH_FENCE, RINGWATCH_ATTEMPT, RINGWATCH_VOTERS and RINGWATCH_REASON (why the',
  'application died) in its environment, and the same with the evidence as one line of',
  'JSON on stdin. Exit code 0 completes the recovery; all else is a failed attempt,',
  'which is made again later, perhaps on another node. SIGTERM tells it that it has',
  'lost the right to go on. Hand the fence to whatever it changes, and let that refuse',
  'a smaller one.',
  '--on-suspect gets RINGWATCH_NODE and RINGWATCH_EPOCH, --on-recovered',
  'RINGWATCH_NODE, --on-self-dead RINGWATCH_NODE, RINGWATCH_EPOCH and',
  'RINGWATCH_REASON (verdict, superseded or application).',
  '',
  'Signals: SIGTERM, SIGINT and SIGQUIT leave the cluster, so that the node is never',
  'called dead. A node that is watched then answers pings until its observers can know of',
  'it: 0.6 to 0.95 s by preset, not at all with original; 5 s is the most.',
  'A second signal ends the process at once. SIGHUP,',
  'SIGUSR1 and SIGUSR2 are ignored.',
  '',
  'Exit codes: 0 it left or an operator took it out, 1 it could not go on (another',
  'agent has this id, the port is taken, --self-dead exit) or could not leave',
  'the cluster, so that it may be called dead, 2 wrong usage or configuration.',
  examples([
    'ringwatch agent --registry sqlite:./cluster.db --node-id a --listen 6001',
    'ringwatch agent --registry rqlite://10.0.0.1:4001,10.0.0.2:4001 \\',
    '    --address 10.0.0.5 --preset lan --check http://localhost:8080/health \\',
    '    --on-dead \'./take-over.sh "$RINGWATCH_NODE"\'',
  ]),
].join('\n');
