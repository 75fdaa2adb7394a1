/** Cases: the name of the cluster, and who has other settings. */
import { expectLike, expectRejection, expectSame, expectThat } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { joinRequest } from './registry-requests.ts';
import { type Scene, scene } from './registry-scene.ts';

/** A join with this name, and what it rejects with. */
async function refusal(stage: Scene, clusterName: string | undefined, afterEpoch = 0): Promise<string> {
  const named = clusterName === undefined ? {} : { clusterName };
  const call = stage.registry.join(joinRequest('z', stage.newId(), { afterEpoch, ...named }));
  const error = await expectRejection(call, `the join with ${clusterName ?? 'no name'}`);
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  expectSame(code, 'invalid', 'the code');
  return String(message);
}

async function nameOf(stage: Scene): Promise<string> {
  return (await stage.registry.readCluster({})).clusterName;
}

export const nameCases: readonly RegistryContractCase[] = [
  scene('the first node names the cluster, and a node of another one is refused', async (stage) => {
    await stage.join('a', { clusterName: 'prod' });
    await stage.join('b', { clusterName: 'prod' });
    const message = await refusal(stage, 'staging');
    const isClear = ['"prod"', 'node a', '"staging"', '--cluster-name'].every((part) =>
      message.includes(part),
    );
    expectThat(isClear, 'both names, a node and what to do', message);
    await refusal(stage, undefined);
    expectSame(await stage.registry.readNode('z'), null, 'the node that was refused');
    expectSame(await nameOf(stage), 'prod', 'the name');
    expectLike(await stage.join('a', { clusterName: 'prod' }), { epoch: 2 }, 'a member that joins again');
  }),
  scene('a cluster that was given no name is called ringwatch', async (stage) => {
    await stage.join('a');
    await stage.join('b', { clusterName: 'ringwatch' });
    expectSame(await nameOf(stage), 'ringwatch', 'the name');
    expectThat((await refusal(stage, 'prod')).includes('"ringwatch"'), 'its name in the refusal');
  }),
  scene('a cluster may have another name when its nodes have left', async (stage) => {
    const a = await stage.join('a', { clusterName: 'prod' });
    const b = await stage.join('b', { clusterName: 'prod' });
    await stage.registry.leave(b);
    await refusal(stage, 'staging');
    await stage.registry.leave(a);
    await stage.join('a', { clusterName: 'staging' });
    expectSame(await nameOf(stage), 'staging', 'the name');
    await refusal(stage, 'prod');
    await stage.registry.leave({ nodeId: 'a', epoch: 2 });
    await stage.join('b');
    expectSame(await nameOf(stage), 'ringwatch', 'the name of a cluster that is given none');
  }),
  scene('a node that is alone may change the name', async (stage) => {
    await stage.join('a', { clusterName: 'prod' });
    await stage.join('a', { clusterName: 'staging' });
    expectSame(await nameOf(stage), 'staging', 'the name');
  }),
  scene('of two clusters that begin at the same moment, one gets the registry', async (stage) => {
    const other = await stage.another();
    const joins = ['one', 'two', 'one', 'two'].map((clusterName, index) =>
      (index % 2 === 0 ? stage.registry : other)
        .join(joinRequest(`${clusterName}-${index}`, stage.newId(), { clusterName }))
        .then(
          () => clusterName,
          () => 'refused',
        ),
    );
    const results = await Promise.all(joins);
    const name = await nameOf(stage);
    expectSame(results.filter((result) => result === name).length, 2, `the nodes of ${name}`);
    expectSame(results.filter((result) => result === 'refused').length, 2, 'the others');
  }),
  scene(
    'rows of the original are of a cluster without a name',
    async (stage) => {
      await stage.original.putNode({ id: 'x', ipAddress: '192.0.2.1' });
      expectThat(
        (await refusal(stage, 'prod')).includes('node x'),
        'the node of the original in the refusal',
      );
      await stage.join('a');
    },
    ['original'],
  ),
  scene('a node that joins is told of living nodes with other settings', async (stage) => {
    const request = (nodeId: string, settings?: string, instanceId = stage.newId()) =>
      stage.registry.join(joinRequest(nodeId, instanceId, settings === undefined ? {} : { settings }));
    expectSame(await request('a', 'lan 1'), { outcome: 'joined', epoch: 1 }, 'the first node');
    expectSame(await request('b', 'lan 1'), { outcome: 'joined', epoch: 1 }, 'one with the same settings');
    expectSame(await request('c'), { outcome: 'joined', epoch: 1 }, 'one that tells none');
    const differing = [
      { nodeId: 'a', epoch: 1, settings: 'lan 1' },
      { nodeId: 'b', epoch: 1, settings: 'lan 1' },
    ];
    expectSame(
      await request('d', 'wan 2', 'd'),
      { outcome: 'joined', epoch: 1, differing },
      'one with others',
    );
    expectSame(
      await request('d', 'wan 2', 'd'),
      { outcome: 'joined', epoch: 1, differing },
      'the same again',
    );
    await stage.registry.leave({ nodeId: 'a', epoch: 1 });
    expectSame(
      await request('e', 'wan 2'),
      { outcome: 'joined', epoch: 1, differing: differing.slice(1) },
      'one after a node has left',
    );
    const { events } = await stage.registry.readEvents({ after: null, limit: 10, nodeId: 'e' });
    expectSame(events[0]?.detail['settings'], 'wan 2', 'the line of the join, which all nodes read');
    const { nodes } = await stage.registry.readCluster({});
    expectSame(
      nodes.map(({ settings }) => settings),
      ['lan 1', 'lan 1', null, 'wan 2', 'wan 2'],
      'what people read',
    );
    await stage.join('b');
    expectLike(await stage.registry.readNode('b'), { settings: null }, 'the next epoch, which tells none');
  }),
];
