import { expect, test } from 'vitest';
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { plain } from '../terminal.ts';
import { agreementLines, viewAgreement } from './agreement.ts';

async function readingOf(settings: Readonly<Record<string, string | undefined>>, clusterName?: string) {
  const registry = new MemoryRegistry({ now: () => 1_000 });
  for (const [id, digest] of Object.entries(settings)) {
    const told = digest === undefined ? {} : { settings: digest };
    const named = clusterName === undefined ? {} : { clusterName };
    await registry.join(joinRequest(id, `${id}-1`, { ...told, ...named }));
  }
  return registry;
}

async function linesOf(registry: MemoryRegistry): Promise<string[]> {
  return agreementLines(viewAgreement(await registry.readCluster({})), { paint: plain, width: 200 });
}

test('nodes that agree are no news, nor is one that tells no settings', async () => {
  expect(await linesOf(await readingOf({ a: 'lan 1', b: 'lan 1', x: undefined }))).toEqual([]);
});

test('who differs is told, those that most nodes have first', async () => {
  const registry = await readingOf({ a: 'default 2', b: 'lan 1', c: 'lan 1', d: 'lan 1' });
  expect(await linesOf(registry)).toEqual([
    'Settings differ: lan 1 (b, c and d); default 2 (a). Give all nodes the same ones.',
  ]);
  await registry.leave({ nodeId: 'a', epoch: 1 });
  expect(await linesOf(registry)).toEqual([]);
});

test('of many nodes some are named', async () => {
  const many = Object.fromEntries(['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((id) => [id, 'lan 1']));
  expect((await linesOf(await readingOf({ a: 'wan 2', ...many })))[0]).toContain(
    'lan 1 (b, c, d, e, f and 2 more)',
  );
});

test('the name of a cluster is shown where it was given one', async () => {
  expect(await linesOf(await readingOf({ a: 'lan 1' }, 'prod'))).toEqual(['cluster prod']);
});
