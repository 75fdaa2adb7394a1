/** `ringwatch status`: every node as the observers see it, once or again and again. */
import { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { RegistryError } from '../../ports/registry.ts';
import { exitCodes } from '../failure.ts';
import { listenForInterruption } from '../interruption.ts';
import { PatientReader } from '../patient-reading.ts';
import { type RegistryAccess, withRegistry } from '../registry-access.ts';
import { type ClusterView, isTroubled, viewCluster } from '../render/cluster-view.ts';
import { renderStatus } from '../render/status-text.ts';
import {
  addSharedOptions,
  brakeOption,
  brakeReturnOption,
  brakeWindowOption,
  examples,
  membershipWindowOption,
  neighborsOption,
  type SharedOptions,
} from '../shared-options.ts';
import { paintFor, print, printable, printError, printJson, widthOf, wrap } from '../terminal.ts';

interface StatusOptions extends SharedOptions {
  readonly all: boolean;
  readonly watch: boolean;
  readonly check: boolean;
  readonly neighbors: number;
  readonly maxDeadFraction: number;
  readonly membershipWindow: number;
  readonly brakeWindow: number;
  readonly brakeReturn: number;
}

const shownEventCount = 10;
const redrawMs = 1_000;

/** The command. */
export function statusCommand(): Command {
  return addSharedOptions(new Command('status'))
    .description(
      'Show every node as the observers see it, who watches whom, the brake and the newest events.',
    )
    .option('-a, --all', 'list every node, also when there are more than 50', false)
    .option('-w, --watch', 'draw it again every second until Ctrl-C', false)
    .option(
      '--check',
      'exit with 3 when a node is suspect, dead, unreachable or silent, or the registry takes no writes',
      false,
    )
    .addOption(neighborsOption())
    .addOption(brakeOption())
    .addOption(membershipWindowOption())
    .addOption(brakeWindowOption())
    .addOption(brakeReturnOption())
    .addHelpText(
      'after',
      [
        '\nStates: healthy; suspect (an observer misses it); dead (an observer has voted, or',
        'its own agent says so and the brake holds that back); confirmed dead (a quorum',
        'has, or its own agent); unreachable (missed, but it answers in the registry);',
        'maintenance; left; away (taken off the ring by another program, or of the original',
        'and not seen lately); silent (no heartbeat within the membership window). A name',
        'with a + is watched because others before it do not answer.',
        '\nThe last five options should be those of the agents, which the registry does',
        'not hold; what was assumed is said below the events. They are read from',
        'RINGWATCH_NEIGHBORS, RINGWATCH_MAX_DEAD_FRACTION, RINGWATCH_MEMBERSHIP_WINDOW,',
        'RINGWATCH_BRAKE_WINDOW and RINGWATCH_BRAKE_RETURN.',
        '\nExit codes: 0 done, 1 it could not be done, 2 wrong usage, 3 with --check: a node',
        'is not well, or the registry takes no writes: --check writes a row and takes it',
        'back.',
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
  return [
    neighborsOption(),
    brakeOption(),
    membershipWindowOption(),
    brakeWindowOption(),
    brakeReturnOption(),
  ]
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'default')
    .map(({ long, defaultValue, defaultValueDescription }) => ({
      flag: (long ?? '').slice(2),
      value: defaultValueDescription ?? String(defaultValue),
    }));
}

async function run(options: StatusOptions, assumptions: readonly Assumption[]): Promise<void> {
  await withRegistry(options, async (access) => {
    if (options.watch) await watch(access, options, assumptions);
    else {
      const view = await readView(access, options);
      const problem = options.check ? await problemOfWriting(access) : null;
      const checked = options.check ? { writeProblem: problem } : {};
      if (options.json) printJson({ ...jsonOf(view, options, assumptions), ...checked });
      else print(textOf(view, options, assumptions));
      if (problem !== null) printError(`The registry takes no writes: ${printable(problem)}`);
      if (problem !== null || (options.check && view.nodes.some(isTroubled)))
        process.exitCode = exitCodes.unhealthy;
    }
  });
}

function readView(access: RegistryAccess, options: StatusOptions): Promise<ClusterView> {
  const { membershipWindow, brakeWindow, brakeReturn, neighbors, maxDeadFraction } = options;
  return access.read(async (registry) => {
    const cluster = await registry.readCluster({ brakeWindowMs: brakeWindow, brakeReturnMs: brakeReturn });
    const { events } = await registry.readEvents({ after: null, limit: shownEventCount });
    return viewCluster({ cluster, events, neighbors, maxDeadFraction, membershipWindowMs: membershipWindow });
  });
}

/**
 * Why the registry takes no writes, by a write that leaves nothing; null when it does. While it takes none no death is
 * confirmed, however well all nodes look.
 */
async function problemOfWriting(access: RegistryAccess): Promise<string | null> {
  try {
    await access.write((registry) => registry.tryWrite());
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
  const { neighbors, maxDeadFraction, membershipWindow, brakeWindow, brakeReturn } = options;
  const settings = { neighbors, maxDeadFraction, membershipWindow, brakeWindow, brakeReturn };
  return { ...view, settings, assumed: assumptions.map(({ flag }) => flag) };
}

async function watch(
  access: RegistryAccess,
  options: StatusOptions,
  assumptions: readonly Assumption[],
): Promise<void> {
  const interruption = listenForInterruption();
  const isLive = process.stdout.isTTY === true && !options.json;
  const draw = createLogUpdate(process.stdout);
  const reader = new PatientReader((text) => {
    // The picture stays as it was, and the next one is drawn below what is told.
    if (isLive) draw.done();
    printError(text);
  });
  const show = (view: ClusterView): void => {
    if (options.json) printJson(jsonOf(view, options, assumptions));
    else if (isLive) draw(textOf(view, options, assumptions));
    else print(`${textOf(view, options, assumptions)}\n`);
  };
  try {
    show(await readView(access, options));
    while (await interruption.wait(redrawMs)) {
      const view = await interruption.orInterrupted(reader.read(() => readView(access, options)));
      if (view !== null) show(view);
    }
  } finally {
    if (isLive) draw.done();
    interruption.dispose();
  }
}
