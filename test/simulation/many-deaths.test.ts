/** Many deaths at once: each has its recovery, however many others are being handled. */
import { expect, it } from 'vitest';
import { always } from '../../src/sim/latency.ts';
import { World } from '../../src/sim/world.ts';

const dayMs = 86_400_000;

it('every one of many deaths gets a handler though none of them ever returns', async () => {
  const world = new World({
    seed: 1,
    nodes: 80,
    preset: 'local',
    settings: { maxDeadFraction: 0.6 },
    handler: { takes: always(dayMs), failureRate: 0 },
    rejoinAfterMs: null,
  });
  await world.runFor(15_000);
  const dead = [...world.nodes.keys()].filter((_, index) => index % 2 === 1);
  for (const id of dead) world.crash(id);
  const begun = (): readonly string[] => [
    ...new Set(world.history.of('handlerBegan').map(({ targetId }) => targetId)),
  ];
  await world.runUntil(() => begun().length === dead.length, 120_000);
  expect([...begun()].sort()).toEqual(dead);
});
