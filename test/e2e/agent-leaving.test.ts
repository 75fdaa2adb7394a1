/** How long an agent that leaves goes on answering. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentBench, ask, next, portOf } from './agent-bench.ts';

let bench: AgentBench;

beforeEach(() => {
  bench = new AgentBench();
});
afterEach(() => bench.close());

describe('leaving', () => {
  const slow = { probeIntervalMs: 2_000, retryIntervalMs: 250, suspectAfter: 2 };

  it('is answered for until every observer can know of it, so that no node suspects the node', async () => {
    const agent = await bench.start('a', slow);
    const port = portOf(agent);
    await ask(port);
    const leave = bench.registry.leave.bind(bench.registry);
    const answers: unknown[] = [];
    vi.spyOn(bench.registry, 'leave').mockImplementation(async (request) => {
      answers.push(await ask(port));
      await leave(request);
    });
    const left = next(agent, 'left').then(async () => answers.push(await ask(port)));
    await agent.stop();
    await left;
    const healthy = { status: 200, body: expect.stringMatching(/"node":"a".*"epoch":1/) };
    expect(answers).toEqual([expect.objectContaining(healthy), expect.objectContaining(healthy)]);
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('takes no longer where no node watches the node', async () => {
    const agent = await bench.start('a', slow);
    const port = portOf(agent);
    const left = next(agent, 'left').then(() => ask(port));
    const stopping = agent.stop();
    await expect(left).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await stopping;
  });

  it('without a word is answered for no longer', async () => {
    const agent = await bench.start('a', slow);
    const port = portOf(agent);
    await ask(port);
    await agent.stop({ leave: false });
    await expect(ask(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await bench.registry.readNode('a')).toMatchObject({ lifecycle: 'alive' });
  });
});
