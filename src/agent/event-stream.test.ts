import { describe, expect, it, vi } from 'vitest';
import { AgentListeners, AgentReporter } from './agent-reporter.ts';
import type { AgentEvents } from './events.ts';

function setUp() {
  const reporter = new AgentReporter('a', undefined);
  const left = (epoch: number): void => reporter.tell('left', { nodeId: 'a', epoch });
  return { reporter, listeners: new AgentListeners(reporter), left };
}

describe('a stream of events', () => {
  it('gives each event with its name, in order, from the call on', async () => {
    const { listeners, left } = setUp();
    left(1);
    const events = listeners.events();
    left(2);
    left(3);
    expect(await events.next()).toEqual({ done: false, value: { event: 'left', nodeId: 'a', epoch: 2 } });
    expect(await events.next()).toMatchObject({ value: { epoch: 3 } });
    const later = events.next();
    left(4);
    expect(await later).toMatchObject({ value: { epoch: 4 } });
  });

  it('leaves probes out unless they are asked for', async () => {
    const { reporter, listeners, left } = setUp();
    const [plain, all] = [listeners.events(), listeners.events({ probes: true })];
    reporter.emit('probe', { targetId: 'b' } as AgentEvents['probe']);
    left(1);
    expect(await plain.next()).toMatchObject({ value: { event: 'left' } });
    expect(await all.next()).toMatchObject({ value: { event: 'probe', targetId: 'b' } });
  });

  it('drops the oldest ones for a reader that is behind, and says how many', async () => {
    const { listeners, left } = setUp();
    const events = listeners.events();
    for (let epoch = 1; epoch <= 1_003; epoch++) left(epoch);
    expect(await events.next()).toEqual({ done: false, value: { event: 'lost', count: 3 } });
    expect(await events.next()).toMatchObject({ value: { epoch: 4 } });
  });

  it('ends with the agent, after what was told before', async () => {
    const { reporter, listeners, left } = setUp();
    const seen: unknown[] = [];
    const events = listeners.events();
    left(1);
    reporter.end();
    for await (const { event } of events) seen.push(event);
    expect(seen).toEqual(['left']);
    expect(await listeners.events().next()).toMatchObject({ done: true });
  });

  it('ends when its loop is left, and when its signal aborts, at once', async () => {
    const { listeners, left } = setUp();
    const abort = new AbortController();
    const [first, second] = [listeners.events(), listeners.events({ signal: abort.signal })];
    const waiting = second.next();
    left(1);
    left(2);
    for await (const _ of first) break;
    expect(await first.next()).toMatchObject({ done: true });
    expect(await waiting).toMatchObject({ value: { epoch: 1 } });
    abort.abort();
    expect(await second.next()).toMatchObject({ done: true });
    const listener = vi.spyOn(abort.signal, 'addEventListener');
    expect(await listeners.events({ signal: abort.signal }).next()).toMatchObject({ done: true });
    expect(listener).not.toHaveBeenCalled();
  });
});
