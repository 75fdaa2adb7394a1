/** `ringwatch status`: every node as the observers see it, once or again and again. */
import { Command, Option } from 'commander';
import { ConfigError } from '../../core/settings/config.ts';
import { RegistryError } from '../../ports/registry.ts';
import { CommandError, describeFailure, exitCodes } from '../failure.ts';
import { listenForInterruption } from '../interruption.ts';
import { PatientReader } from '../patient-reading.ts';
import { type RegistryAccess, withRegistry } from '../registry-access.ts';
import { checkCluster, checkLine } from '../render/check-result.ts';
import { type ClusterHealth, type ClusterView, viewCluster } from '../render/cluster-view.ts';
import { renderStatus } from '../render/status-text.ts';
import {
  addSharedOptions,
  brakeOption,
  brakeRequest,
  brakeReturnOption,
  brakeWindowOption,
  examples,
  heartbeatWindowOption,
  neighborsOption,
  type SharedOptions,
} from '../shared-options.ts';
import {
  paintFor,
  print,
  printable,
  printError,
  printJson,
  terminalSafe,
  widthOf,
  wrap,
} from '../terminal.ts';

interface StatusOptions extends SharedOptions {
  readonly all: boolean;
  readonly watch: boolean;
  readonly check: boolean;
  readonly neighbors: number;
  readonly maxDeadFraction: number;
  readonly heartbeatWindow: number;
  readonly brakeWindow: number;
  readonly brakeReturn: number;
}

const shownEventCount = 10;
const redrawMs = 1_000;
const leastHeight = 8;

/** The command. */
export function statusCommand(): Command {
  return addSharedOptions(new Command('status'))
    .description(
      'Show every node as the observers see it, who watches whom, the brake and the newest events.',
    )
    .option('-a, --all', 'list every node, however many there are or were', false)
    .option('-w, --watch', 'draw it again every second until Ctrl-C', false)
    .addOption(
      new Option('--check', 'say by the exit code, and in a last line, whether all is well')
        .default(false)
        .conflicts('watch'),
    )
    .addOption(neighborsOption())
    .addOption(brakeOption())
    .addOption(heartbeatWindowOption())
    .addOption(brakeWindowOption())
    .addOption(brakeReturnOption())
    .addHelpText(
      'after',
      [
        '\nStates: healthy; suspect (an observer misses it); dead (an observer has voted, or',
        'its own agent says so and the brake holds that back); confirmed dead (a quorum',
        'has, or its own agent); dead and settled (and its recovery is complete, or an',
        'operator has dismissed it); unreachable (missed, but it answers in the registry);',
        'silent (its heartbeat stands still); flapping (back from a death soon after another',
        'one); maintenance; left; away (taken off the ring by another program, or of the',
        'original and not seen lately). A name with a + is watched because others before it',
        'do not answer.',
        '\nThe last five options should be those of the agents, which the registry does',
        'not hold; what was assumed is said below the events. They are read from',
        'RINGWATCH_NEIGHBORS, RINGWATCH_MAX_DEAD_FRACTION, RINGWATCH_HEARTBEAT_WINDOW,',
        'RINGWATCH_BRAKE_WINDOW and RINGWATCH_BRAKE_RETURN.',
        '\nExit codes: 0 done, 1 it could not be done, 2 wrong usage. With --check:',
        '  0  well',
        '  3  degraded: a node is suspect, dead, unreachable, silent or flapping, or no node',
        '     is on the ring',
        '  4  a recovery is to be made still, or the brake holds a death back',
        '  5  the registry cannot be read, or takes no writes: --check writes a row and',
        '     takes it back',
        examples([
          'ringwatch status --registry sqlite:./cluster.db --watch',
          'ringwatch status --check --json | jq .nodes',
        ]),
      ].join('\n'),
    )
    .action((options: StatusOptions, command: Command) => run(options, assumptionsIn(command)));
}

/** A setting of the agents that decides what is shown, and was not given. */
interface Assumption {
  readonly flag: string;
  readonly value: string;
}

function assumptionsIn(command: Command): Assumption[] {
  return [neighborsOption(), brakeOption(), heartbeatWindowOption(), brakeWindowOption(), brakeReturnOption()]
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'default')
    .map(({ long, defaultValue, defaultValueDescription }) => ({
      flag: (long ?? '').slice(2),
      value: defaultValueDescription ?? String(defaultValue),
    }));
}

async function run(options: StatusOptions, assumptions: readonly Assumption[]): Promise<void> {
  try {
    const overtimeCode = options.check ? exitCodes.noRegistry : exitCodes.failed;
    await withRegistry({ ...options, overtimeCode }, (access) =>
      options.watch ? watch(access, options, assumptions) : tell(access, options, assumptions),
    );
  } catch (error) {
    if (!options.check || error instanceof ConfigError) throw error;
    // Whatever keeps the check from reading the registry is what it was to find out.
    throw new CommandError(describeFailure(error).message, {
      cause: error,
      exitCode: exitCodes.noRegistry,
    });
  }
}

async function tell(
  access: RegistryAccess,
  options: StatusOptions,
  assumptions: readonly Assumption[],
): Promise<void> {
  const view = await readView(access, options);
  const result = options.check ? checkCluster(view) : null;
  const problem = result === null ? null : await problemOfWriting(access);
  if (options.json) {
    const checked = result === null ? {} : { ...result, writeProblem: problem };
    printJson({ ...jsonOf(view, options, assumptions), ...checked });
  } else {
    const line = result === null ? [] : ['', printable(checkLine(result, problem === null))];
    print([textOf(view, options, assumptions), ...line].join('\n'));
  }
  if (problem !== null) printError(`The registry takes no writes: ${printable(problem)}`);
  if (result !== null)
    process.exitCode = problem === null ? healthCodes[result.health] : exitCodes.noRegistry;
}

const healthCodes: Readonly<Record<ClusterHealth, number>> = {
  well: exitCodes.done,
  degraded: exitCodes.degraded,
  death: exitCodes.death,
};

function readView(access: RegistryAccess, options: StatusOptions): Promise<ClusterView> {
  const { heartbeatWindow, neighbors, maxDeadFraction } = options;
  return access.read(async (registry) => {
    const cluster = await registry.readCluster(brakeRequest(options));
    const { events } = await registry.readEvents({ after: null, limit: shownEventCount });
    return viewCluster({ cluster, events, neighbors, maxDeadFraction, heartbeatWindowMs: heartbeatWindow });
  });
}

/**
 * Why the registry takes no writes, by a write that leaves nothing; null when it does. While it takes none no death is
 * confirmed, however well all nodes look.
 */
async function problemOfWriting(access: RegistryAccess): Promise<string | null> {
  try {
    // What it writes it takes back, so that it may be ended as a reading may.
    await access.read((registry) => registry.tryWrite());
    return null;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    if (error.code !== 'unauthorized') return error.message;
    // A user that may only read learns nothing of the others' writes.
    printError(`Whether the registry takes writes was not checked: ${printable(error.message)}`);
    return null;
  }
}

function textOf(view: ClusterView, { all }: StatusOptions, assumptions: readonly Assumption[]): string {
  const paint = paintFor(process.stdout);
  const width = widthOf(process.stdout);
  const text = renderStatus(view, { paint, width, showsAll: all });
  if (assumptions.length === 0 || view.nodes.length === 0) return text;
  const flags = assumptions.map(
    ({ flag, value }, index) => `--${flag} ${value}${index < assumptions.length - 1 ? ',' : ''}`,
  );
  return `${text}\n\n${paint('quiet', wrap(['assumed of the agents:', ...flags], width))}`;
}

/** What was shown, and by which settings of the agents: the registry does not hold them. */
function jsonOf(view: ClusterView, options: StatusOptions, assumptions: readonly Assumption[]) {
  const { neighbors, maxDeadFraction, heartbeatWindow, brakeWindow, brakeReturn } = options;
  const settings = { neighbors, maxDeadFraction, heartbeatWindow, brakeWindow, brakeReturn };
  return { ...view, settings, assumed: assumptions.map(({ flag }) => flag) };
}

async function watch(
  access: RegistryAccess,
  options: StatusOptions,
  assumptions: readonly Assumption[],
): Promise<void> {
  const interruption = listenForInterruption();
  const live = process.stdout.isTTY === true && !options.json ? await openPicture(options) : null;
  const reader = new PatientReader((text) => {
    // The picture stays as it was, and the next one is drawn below what is told.
    live?.done();
    printError(text);
  });
  const show = (view: ClusterView): void => {
    if (options.json) printJson(jsonOf(view, options, assumptions));
    else if (live !== null) live.draw(view);
    else print(`${textOf(view, options, assumptions)}\n`);
  };
  try {
    show(await readView(access, options));
    while (await interruption.wait(redrawMs)) {
      await access.renew();
      const view = await interruption.orInterrupted(reader.read(() => readView(access, options)));
      if (view !== null) show(view);
    }
  } finally {
    live?.done();
    interruption.dispose();
  }
}

/** A picture that fits the terminal, and is drawn over itself. What is assumed of the agents is not in it. */
async function openPicture({ all }: StatusOptions) {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  const paint = paintFor(process.stdout);
  return {
    draw(view: ClusterView): void {
      const height = Math.max(leastHeight, (process.stdout.rows ?? 24) - 1);
      const layout = { paint, width: widthOf(process.stdout) - 1, height, showsAll: all };
      update(terminalSafe(renderStatus(view, layout)));
    },
    done: () => update.done(),
  };
}
