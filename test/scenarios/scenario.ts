/** Reads a text scenario, runs its world, and tells what happened. The language is described in README.md of this folder. */
import { type PresetName, presets, type Settings } from '../../src/core/settings/config.ts';
import { always } from '../../src/sim/latency.ts';
import { registryHost } from '../../src/sim/network.ts';
import { type Happening, happeningOf, storyOf } from '../../src/sim/story.ts';
import { nodeIdsOf, World, type WorldOptions } from '../../src/sim/world.ts';

/** A scenario that cannot be read: which line, what was expected, what was given. */
class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The part above the story, the line `expect` included, and the story that is recorded. */
export function splitScenario(source: string): { head: string; recorded: string } {
  const found = /^expect[ \t]*$/m.exec(source);
  if (found === null) return { head: `${source.trimEnd()}\nexpect\n`, recorded: '' };
  const end = found.index + found[0].length;
  return { head: `${source.slice(0, end).trimEnd()}\n`, recorded: source.slice(end).replace(/^\n/, '') };
}

/** Runs the commands of a scenario; resolves to its story as it is recorded. Rejects with the number of a line that is wrong. */
export async function tellScenario(head: string): Promise<string> {
  const lines = head
    .split('\n')
    .map((text, index) => ({ number: index + 1, text: text.replace(/#.*/, '').trim() }))
    .filter(({ text }) => text !== '' && text !== 'expect');
  const happenings: Happening[] = [];
  const stage = new Stage(lines, happenings);
  await stage.run();
  return storyOf(happenings.sort((a, b) => a.at - b.at))
    .map((line) => `  ${line.trimEnd()}\n`)
    .join('');
}

type Act = (world: World) => void | Promise<void>;

class Stage {
  readonly #lines: readonly Line[];
  readonly #happenings: Happening[];
  #ids: readonly string[] = [];
  #options: WorldOptions | null = null;
  readonly #acts: { readonly at: number; readonly text: string; readonly act: Act }[] = [];
  readonly #claims = new Set<string>();
  readonly #recoveries = new Set<string>();
  #runMs = 0;

  constructor(lines: readonly Line[], happenings: Happening[]) {
    this.#lines = lines;
    this.#happenings = happenings;
  }

  async run(): Promise<void> {
    for (const line of this.#lines) this.#read(line);
    if (this.#options === null) throw new ScenarioError('expected a line `cluster of …`, got none');
    if (this.#runMs === 0) throw new ScenarioError('expected a line `run …`, got none');
    const world: World = new World({
      ...this.#options,
      registryTaps: [
        (call) => {
          if (call.method !== 'claim' || !this.#claims.delete(call.nodeId)) return;
          this.#tell(world, `> the answer to the claim of ${call.nodeId} is lost`);
          world.later(1_000, world.fault({ from: [registryHost], to: [call.nodeId] }));
        },
      ],
    });
    world.history.listen((entry) => {
      const happening = happeningOf(entry);
      if (happening !== null) this.#happenings.push(happening);
      if (entry.kind !== 'handler-started' || !this.#recoveries.delete(entry.nodeId)) return;
      world.later(100, () => {
        this.#tell(world, `> crash ${entry.nodeId}`);
        world.crash(entry.nodeId);
      });
    });
    for (const { at, text, act } of [...this.#acts].sort((a, b) => a.at - b.at)) {
      await world.runFor(at - world.now);
      if (!text.startsWith('show')) this.#tell(world, `> ${text}`);
      await act(world);
    }
    await world.runFor(this.#runMs - world.now);
    const idle = [...this.#claims, ...this.#recoveries];
    if (idle.length > 0)
      throw new ScenarioError(
        `expected every line \`when …\` to happen; it never did for ${idle.join(', ')}`,
      );
  }

  #tell(world: World, what: string): void {
    this.#happenings.push({ at: world.now, who: '', what });
  }

  #read(line: Line): void {
    const [first = '', ...rest] = line.text.split(/\s+/);
    switch (first) {
      case 'cluster':
        this.#readCluster(line);
        break;
      case 'settings':
        this.#edit({ settings: { ...this.#options?.settings, ...settingsOf(rest, line) } });
        break;
      case 'handler':
        this.#readHandler(line);
        break;
      case 'rejoin':
        this.#edit({ rejoinAfterMs: rest[0] === 'never' ? null : durationOf(rest[0], line) });
        break;
      case 'clock':
        this.#readClock(rest, line);
        break;
      case 'at': {
        const text = rest.slice(1).join(' ');
        this.#acts.push({ at: durationOf(rest[0], line), text, act: this.#actOf(text, line) });
        break;
      }
      case 'when':
        this.#readWhen(line);
        break;
      case 'run':
        this.#runMs = durationOf(rest[0], line);
        break;
      default:
        throw wrong(line, 'cluster, settings, handler, rejoin, clock, at, when, run or expect', first);
    }
  }

  #readCluster(line: Line): void {
    const found = /^cluster of (\d+), preset (\w+), seed (\d+)$/.exec(line.text);
    const [, count, preset = '', seed] = found ?? [];
    if (found === null || !Object.hasOwn(presets, preset))
      throw wrong(line, 'cluster of <count>, preset <name>, seed <number>', line.text);
    this.#ids = nodeIdsOf(Number(count));
    this.#options = { seed: Number(seed), nodes: this.#ids, preset: preset as PresetName };
  }

  #readHandler(line: Line): void {
    const found = /^handler (?:takes (\S+)|(none)|(fails))$/.exec(line.text);
    if (found === null)
      throw wrong(line, 'handler takes <duration>, handler none or handler fails', line.text);
    const takesMs = found[1] === undefined ? 1_000 : durationOf(found[1], line);
    const failureRate = found[3] === undefined ? 0 : 1;
    this.#edit({ handler: found[2] === undefined ? { takes: always(takesMs), failureRate } : null });
  }

  #readClock([nodeId = '', by]: readonly string[], line: Line): void {
    this.#idsOf([nodeId], line);
    this.#edit({ clocks: { ...this.#options?.clocks, [nodeId]: { skewMs: stepOf(by, line) } } });
  }

  #readWhen(line: Line): void {
    const found = /^when (\S+) (claims, lose the answer|begins a recovery, crash it)$/.exec(line.text);
    const [, nodeId = '', what = ''] = found ?? [];
    if (found === null)
      throw wrong(
        line,
        'when <node> claims, lose the answer; or when <node> begins a recovery, crash it',
        line.text,
      );
    this.#idsOf([nodeId], line);
    (what.startsWith('claims') ? this.#claims : this.#recoveries).add(nodeId);
  }

  #edit(options: Partial<WorldOptions>): void {
    if (this.#options !== null) this.#options = { ...this.#options, ...options };
  }

  /** What a command after `at` does. */
  #actOf(text: string, line: Line): Act {
    const words = text.split(' ');
    const [verb = '', ...rest] = words;
    const forAt = rest.lastIndexOf('for');
    const forMs = forAt < 0 ? null : durationOf(rest[forAt + 1], line);
    const named = forAt < 0 ? rest : rest.slice(0, forAt);
    const needMs = (): number => forMs ?? never(wrong(line, `${verb} … for <duration>`, text));
    const later = (world: World, what: string, act: () => void): void => {
      if (forMs === null) return;
      world.later(forMs, () => {
        this.#tell(world, `> ${what}`);
        act();
      });
    };
    switch (verb) {
      case 'crash':
      case 'power-off':
      case 'restart':
      case 'leave': {
        const ids = this.#idsOf(named, line);
        return (world) => {
          for (const id of ids) {
            if (verb === 'restart') world.restart(id);
            else if (verb === 'leave') world.leave(id);
            else world.crash(id, verb === 'crash' ? 'process' : 'machine');
          }
          later(world, `start ${named.join(' ')}`, () => {
            for (const id of ids) world.node(id).start();
          });
        };
      }
      case 'start': {
        const ids = this.#idsOf(named, line);
        return (world) => {
          for (const id of ids) world.node(id).start();
        };
      }
      case 'delete-row': {
        const ids = this.#idsOf(named, line);
        return (world) => {
          for (const id of ids) world.deleteRow(id);
        };
      }
      case 'maintenance': {
        const [ids, ms] = [this.#idsOf(named, line), needMs()];
        return (world) => {
          for (const id of ids) world.setMaintenance(id, ms);
        };
      }
      case 'stop':
      case 'suspend': {
        const [ids, ms] = [this.#idsOf(named, line), needMs()];
        return (world) => {
          for (const id of ids) world.pause(id, ms, verb === 'stop' ? 'stalled' : 'suspended');
          later(world, `${named.join(' ')} runs again`, () => undefined);
        };
      }
      case 'isolate': {
        const ids = this.#idsOf(named, line);
        return (world) => {
          const heals = ids.map((id) => world.isolate(id));
          later(world, `${named.join(' ')} is reachable again`, () => {
            for (const heal of heals) heal();
          });
        };
      }
      case 'cut': {
        const fromAt = named.indexOf('from');
        const some = this.#idsOf(named.slice(0, Math.max(0, fromAt)), line);
        const others = this.#idsOf(named.slice(fromAt + 1), line);
        return (world) => {
          const heal = world.cut(some, others);
          later(world, 'the cut is mended', heal);
        };
      }
      case 'loss': {
        const rate = Number(
          /^(\d+)%$/.exec(named[0] ?? '')?.[1] ?? never(wrong(line, 'loss <percent>%', text)),
        );
        return (world) => later(world, 'the loss ends', world.fault({ lossRate: rate / 100 }));
      }
      case 'registry':
        return this.#registryAct(named, line, later);
      case 'clock': {
        const [ids, byMs] = [this.#idsOf(named.slice(0, 1), line), stepOf(named[1], line)];
        return (world) => {
          for (const id of ids) world.node(id).stepWallClock(byMs);
        };
      }
      case 'show': {
        if (named[0] !== 'events') throw wrong(line, 'show events', text);
        return (world) => this.#showEvents(world);
      }
      default:
        throw wrong(
          line,
          'crash, power-off, start, restart, leave, delete-row, maintenance, stop, suspend, isolate, cut, loss, registry, clock or show',
          verb,
        );
    }
  }

  #registryAct(
    [what, by]: readonly string[],
    line: Line,
    later: (world: World, what: string, act: () => void) => void,
  ): Act {
    if (what === 'clock') {
      const byMs = stepOf(by, line);
      return (world) => world.registry.stepClock(byMs);
    }
    const states = { down: 'no-leader', silent: 'silent', unwritable: 'unwritable' } as const;
    const state = Object.entries(states).find(([word]) => word === what)?.[1] ?? null;
    if (state === null)
      throw wrong(
        line,
        'registry down, registry silent, registry unwritable or registry clock <step>',
        line.text,
      );
    return (world) => {
      world.registry.setState(state);
      later(world, 'the registry is up', () => world.registry.setState('up'));
    };
  }

  /** The registry's own log, as it stands. */
  async #showEvents(world: World): Promise<void> {
    const { events } = await world.registry.leader.readEvents({ after: null, limit: 200 });
    for (const [index, { kind, observerId, targetId }] of events.entries()) {
      this.#tell(
        world,
        `event ${index + 1}: ${kind}${targetId === null ? '' : ` ${targetId}`}, by ${observerId}`,
      );
    }
  }

  /** Ids, single or as `node-01..node-10`, and `registry`. */
  #idsOf(words: readonly string[], line: Line): readonly string[] {
    const ids = words.flatMap((word) => {
      if (word === 'registry') return [registryHost];
      const [from = '', to = from] = word.split('..');
      const [first, last] = [this.#ids.indexOf(from), this.#ids.indexOf(to)];
      if (first < 0 || last < first)
        throw wrong(line, `nodes of ${this.#ids.join(' ')}, or a range of them`, word);
      return this.#ids.slice(first, last + 1);
    });
    if (ids.length === 0) throw wrong(line, 'at least one node', line.text);
    return ids;
  }
}

function settingsOf(words: readonly string[], line: Line): Partial<Settings> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name = '', value = ''] =
        /^(\w+)=(.+)$/.exec(word) ?? never(wrong(line, '<setting>=<value>', word));
      return [name, JSON.parse(value)] as const;
    }),
  );
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function durationOf(word: string | undefined, line: Line): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(word ?? '') ?? [];
  if (number === undefined) throw wrong(line, 'a duration such as 500ms, 10s, 5m or 2h', word ?? 'nothing');
  return Number(number) * (unitsMs[unit] ?? 0);
}

function stepOf(word: string | undefined, line: Line): number {
  if (!/^[+-]/.test(word ?? '')) throw wrong(line, 'a step such as +10m or -2h', word ?? 'nothing');
  return (word?.startsWith('-') ? -1 : 1) * durationOf(word?.slice(1), line);
}

function wrong({ number }: Line, expected: string, given: string): ScenarioError {
  return new ScenarioError(`line ${number}: expected ${expected}; got ${given}`);
}

function never(error: Error): never {
  throw error;
}
