import { describe, expect, it, vi } from 'vitest';
import { AgentReporter } from './agent-reporter.ts';
import { type AgentEvent, EventStream } from './event-stream.ts';
import { type AgentEvents, ownFact } from './events.ts';

function setUp() {
  const reporter = new AgentReporter('a', null);
  const left = (epoch: number): void => reporter.tell('left', ownFact('a', epoch));
  return { reporter, left };
}

describe('a stream of events', () => {
  it('gives each event with its name, in order, from the call on', async () => {
    const { reporter, left } = setUp();
    left(1);
    const events = reporter.stream(undefined);
    left(2);
    left(3);
    expect(await events.next()).toEqual({ done: false, value: { event: 'left', ...ownFact('a', 2) } });
    expect(await events.next()).toMatchObject({ value: { targetEpoch: 3 } });
    const later = events.next();
    left(4);
    expect(await later).toMatchObject({ value: { targetEpoch: 4 } });
  });

  it('leaves probes out unless they are asked for', async () => {
    const { reporter, left } = setUp();
    const [plain, all] = [reporter.stream(undefined), reporter.stream({ probes: true })];
    reporter.emit('probe', { targetId: 'b' } as AgentEvents['probe']);
    left(1);
    expect(await plain.next()).toMatchObject({ value: { event: 'left' } });
    expect(await all.next()).toMatchObject({ value: { event: 'probe', targetId: 'b' } });
  });

  it('drops the oldest ones for a reader that is behind, and says how many', async () => {
    const { reporter, left } = setUp();
    const events = reporter.stream(undefined);
    for (let epoch = 1; epoch <= 1_003; epoch++) left(epoch);
    expect(await events.next()).toEqual({ done: false, value: { event: 'lost', count: 3 } });
    expect(await events.next()).toMatchObject({ value: { targetEpoch: 4 } });
  });

  it('holds the newest 1,000 for a reader that never comes, tells once what it has lost, and ends', async () => {
    const { reporter, left } = setUp();
    const events = reporter.stream(undefined);
    for (let epoch = 1; epoch <= 100_000; epoch++) left(epoch);
    reporter.end();
    left(100_001);
    const seen: AgentEvent[] = [];
    for await (const event of events) seen.push(event);
    expect(seen[0]).toEqual({ event: 'lost', count: 99_000 });
    expect(seen).toHaveLength(1_001);
    expect(seen.at(1)).toMatchObject({ event: 'left', targetEpoch: 99_001 });
    expect(seen.at(-1)).toMatchObject({ event: 'left', targetEpoch: 100_000 });
  });

  it('says again what it has lost since, and the events between in order', async () => {
    const { reporter, left } = setUp();
    const events = reporter.stream(undefined);
    for (let epoch = 1; epoch <= 1_001; epoch++) left(epoch);
    expect(await events.next()).toMatchObject({ value: { event: 'lost', count: 1 } });
    expect(await events.next()).toMatchObject({ value: { targetEpoch: 2 } });
    for (let epoch = 1_002; epoch <= 1_004; epoch++) left(epoch);
    expect(await events.next()).toMatchObject({ value: { event: 'lost', count: 2 } });
    expect(await events.next()).toMatchObject({ value: { targetEpoch: 5 } });
  });

  it('that is refused for its options holds nothing', () => {
    const { reporter, left } = setUp();
    const push = vi.spyOn(EventStream.prototype, 'push');
    const wrong = () => reporter.stream({ signal: 5 as never });
    expect(wrong).toThrow(/expected { signal } with an AbortSignal/);
    expect(() => reporter.stream(new AbortController().signal as never)).toThrow(/got the signal itself/);
    left(1);
    expect(push).not.toHaveBeenCalled();
    push.mockRestore();
  });

  it('ends with the agent, after what was told before', async () => {
    const { reporter, left } = setUp();
    const seen: unknown[] = [];
    const events = reporter.stream(undefined);
    left(1);
    reporter.end();
    for await (const { event } of events) seen.push(event);
    expect(seen).toEqual(['left']);
    expect(await reporter.stream(undefined).next()).toMatchObject({ done: true });
  });

  it('ends when its loop is left, and when its signal aborts, at once', async () => {
    const { reporter, left } = setUp();
    const abort = new AbortController();
    const [first, second] = [reporter.stream(undefined), reporter.stream({ signal: abort.signal })];
    const waiting = second.next();
    left(1);
    left(2);
    for await (const _ of first) break;
    expect(await first.next()).toMatchObject({ done: true });
    expect(await waiting).toMatchObject({ value: { targetEpoch: 1 } });
    abort.abort();
    expect(await second.next()).toMatchObject({ done: true });
    const listener = vi.spyOn(abort.signal, 'addEventListener');
    expect(await reporter.stream({ signal: abort.signal }).next()).toMatchObject({ done: true });
    expect(listener).not.toHaveBeenCalled();
  });
});
