/** Runs the tests that guard against the original's wrongs with one of these put back into the code, and as the code is. */
import { join, relative } from 'node:path';
import { createVitest, type TestCase, type TestProject, type Vitest } from 'vitest/node';
import { root } from '../docs/markdown.ts';
import { type Change, type PutBack, withChanges } from './put-back.ts';

/** What came of the guards of one run. */
export interface Run {
  /** Files into which something was put back. */
  readonly changedFiles: readonly string[];
  /** Files of tests that could not be loaded, in words. */
  readonly problems: readonly string[];
  readonly passed: readonly string[];
  /** Titles, each with what its errors say. */
  readonly failed: readonly string[];
}

type Guard = PutBack['guard'];

interface Order {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly guards: readonly Guard[];
}

const limitMs = 60_000;

/** The guard of each wrong with the wrong put back, in the same order. At last all guards with nothing put back. */
export async function runGuards(wrongs: readonly PutBack[]): Promise<{ wrongs: Run[]; asItIs: Run }> {
  const orders: Order[] = wrongs.map(({ changes, guard }, index) => ({
    name: `wrong ${index}`,
    changes,
    guards: [guard],
  }));
  const asItIs = { name: 'as it is', changes: [], guards: wrongs.map(({ guard }) => guard) };
  const runs = await runAll([...orders, asItIs]);
  return { wrongs: runs.slice(0, -1), asItIs: runs.at(-1) ?? nothing };
}

const nothing: Run = { changedFiles: [], problems: [], passed: [], failed: [] };

/** One project for each order, since each has sources of its own. All in one process: to start one costs most of a second. */
async function runAll(orders: readonly Order[]): Promise<Run[]> {
  const changed = new Map<string, Set<string>>();
  const projects = orders.map(({ name, changes, guards }) => {
    const files = new Set<string>();
    changed.set(name, files);
    return {
      plugins: [pluginOf(changes, files)],
      test: { name, include: [...filesOf(guards)], testTimeout: limitMs },
    };
  });
  const exitCode = process.exitCode;
  const options = { config: false, root, watch: false, maxWorkers: 2 } as const;
  const vitest = await createVitest('test', options, { test: { cache: false, reporters: [{}], projects } });
  try {
    const { testModules } = await vitest.runTestSpecifications(
      orders.flatMap(({ name, guards }) => specificationsOf(projectOf(vitest, name), guards)),
    );
    return orders.map(({ name }) => {
      const modules = testModules.filter(({ project }) => project.name === name);
      const tests = modules.flatMap(({ children }) => [...children.allTests()]);
      return {
        changedFiles: [...(changed.get(name) ?? [])],
        problems: modules.flatMap((module) => module.errors().map(({ message }) => message)),
        passed: tests.filter((test) => test.result().state === 'passed').map(({ name: title }) => title),
        failed: tests.filter((test) => test.result().state === 'failed').map(failureOf),
      };
    });
  } finally {
    await vitest.close();
    // Tests that fail here are what is wanted.
    process.exitCode = exitCode;
  }
}

/** Makes the changes when a source is loaded, so that no copy of it is needed. */
function pluginOf(changes: readonly Change[], changedFiles: Set<string>) {
  return {
    name: 'put-back',
    enforce: 'pre' as const,
    transform(source: string, id: string) {
      const path = relative(root, id);
      if (!changes.some(({ file }) => file === path)) return null;
      changedFiles.add(path);
      return { code: withChanges(path, source, changes), map: null };
    },
  };
}

function projectOf(vitest: Vitest, name: string): TestProject {
  const project = vitest.projects.find((one) => one.name === name);
  if (project === undefined) throw new Error(`expected a project ${JSON.stringify(name)}`);
  return project;
}

/** One for each file, for all guards in it. What a group shows of the original would pass in any case, and is left out. */
function specificationsOf(project: TestProject, guards: readonly Guard[]) {
  return [...filesOf(guards)].map((path) => {
    const titles = guards.filter(({ file }) => file === path).map(({ title }) => escaped(title));
    const testNamePattern = new RegExp(`(${titles.join('|')})(?! lets )`);
    return project.createSpecification(join(root, path), { testNamePattern });
  });
}

function filesOf(guards: readonly Guard[]): Set<string> {
  return new Set(guards.map(({ file }) => file));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function failureOf(test: TestCase): string {
  const errors = test.result().errors ?? [];
  return `${test.name}: ${errors.map(({ name, message }) => `${name}: ${message}`).join('; ')}`;
}
