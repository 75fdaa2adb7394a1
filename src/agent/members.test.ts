/** The list of members, and what is told while the cluster is read. */
import { expect, it, vi } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { MemoryRegistry } from '../adapters/memory/registry.ts';
import { resolveSettings } from '../core/settings/config.ts';
import { CancelScope } from '../monitor/cancel-scope.ts';
import { type ClusterReading, type EpochRef, RegistryError } from '../ports/registry.ts';
import { AgentReporter } from './agent-reporter.ts';
import { ownFact } from './events.ts';
import { Members } from './members.ts';

const place = { address: '10.0.0.1', port: 6001 };

function setUp() {
  const clock = new ManualClock();
  const registry = new MemoryRegistry({ now: () => clock.wallNow() });
  const reporter = new AgentReporter('a', null);
  const scope = new CancelScope(clock);
  const settings = resolveSettings({ nodeId: 'a' });
  const options = { settings, registry, reporter, scope, random: { next: () => 0.5 }, isKept: true };
  const join = async (nodeId: string): Promise<EpochRef> => {
    const result = await registry.join({
      ...{ nodeId, ...place, internalAddress: null, region: null, isNamed: true, hasHandler: false },
      ...{ instanceId: nodeId, afterEpoch: 0 },
    });
    if (result.outcome !== 'joined') throw new Error('the join was refused');
    return { nodeId, epoch: result.epoch };
  };
  return { clock, registry, reporter, scope, join, members: new Members(options) };
}

/** The next reading of the whole cluster is answered when it is let go, with what was so when it was asked for. */
function holdReading(registry: MemoryRegistry): () => void {
  let letGo = (): void => {};
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const readCluster = registry.readCluster.bind(registry);
  registry.readCluster = async (request): Promise<ClusterReading> => {
    const reading = await readCluster(request);
    await isLetGo;
    return reading;
  };
  return letGo;
}

it('keeps what it was told while the cluster was read', async () => {
  const { clock, registry, reporter, scope, join, members } = setUp();
  await join('a');
  const b = await join('b');
  const letGo = holdReading(registry);
  const filled = members.fill();
  await clock.run(0);
  reporter.emit('joined', { ...ownFact('c', 1), ...place, settings: null });
  await registry.leave(b);
  reporter.emit('left', ownFact('b', 1));
  letGo();
  await filled;
  expect(members.list().map(({ nodeId }) => nodeId)).toEqual(['a', 'c']);
  scope.cancel();
});

it('stays as it was while the registry refuses another reading, and says so once', async () => {
  const { clock, registry, reporter, scope, join, members } = setUp();
  await join('a');
  await members.fill();
  const warnings: string[] = [];
  reporter.on('warning', ({ code, message }) => void warnings.push(`${code}: ${message}`));
  const readCluster = vi.spyOn(registry, 'readCluster');
  readCluster.mockRejectedValue(new RegistryError('unauthorized', 'no such user'));
  reporter.emit('events-lost', { count: 1 });
  await clock.run(60_000);
  expect(members.has('a')).toBe(true);
  expect(warnings).toEqual(['registry-error: the list of members cannot be read yet: no such user']);
  readCluster.mockRestore();
  await join('b');
  await clock.run(60_000);
  expect(members.has('b')).toBe(true);
  scope.cancel();
});

it('is full for each who waits for it, also when a next epoch has begun meanwhile', async () => {
  const { registry, scope, join, members } = setUp();
  await join('a');
  const letGo = holdReading(registry);
  void members.fill();
  const filledAgain = members.fill().then(() => members.has('a'));
  letGo();
  expect(await filledAgain).toBe(true);
  scope.cancel();
});
