import { expect, it } from 'vitest';
import type { LookRequest } from '../core/wire/look-message.ts';
import { LookGate } from './look-gate.ts';

function from(header: string | undefined, address: string, signature?: string) {
  return { header, signature, address };
}

function setUp() {
  let now = 0;
  const looks: LookRequest[] = [];
  const troubles: string[] = [];
  const gate = new LookGate({
    now: () => now,
    isBelieved: ({ signature }) => signature !== 'forged',
    onLook: (message) => looks.push(message),
    onTrouble: (what) => troubles.push(what),
  });
  return { gate, looks, troubles, pass: (ms: number) => (now += ms) };
}

it('a request that can be read is let in', () => {
  const { gate, looks } = setUp();
  expect(gate.take(from('3 a 7 b', '10.0.0.1'))).toBe(204);
  expect(looks).toEqual([{ kind: 'look', targetId: 'b', targetEpoch: 7 }]);
});

it.each([undefined, '', 'nonsense', `3 a 7 ${'x'.repeat(5_000)}`])('one that cannot is refused', (text) => {
  const { gate, looks, troubles } = setUp();
  expect(gate.take(from(text, '10.0.0.1'))).toBe(400);
  expect([looks, troubles]).toEqual([[], ['one that cannot be read, from 10.0.0.1']]);
});

it('a sender that asks too often is refused, and the others are heard', () => {
  const { gate, looks, pass } = setUp();
  for (let count = 0; count < 1_000; count++) gate.take(from('3 a 7 b', '10.0.0.1'));
  expect(looks).toHaveLength(12);
  expect(gate.take(from('3 c 7 b', '10.0.0.2'))).toBe(204);
  pass(1_000);
  expect(gate.take(from('3 a 7 b', '10.0.0.1'))).toBe(204);
});

it('ten thousand a second under as many names are a bounded number', () => {
  const { gate, looks, pass } = setUp();
  for (let count = 0; count < 10_000; count++) {
    gate.take(from(`3 sender-${count} 7 b`, '10.0.0.1'));
    pass(0.1);
  }
  expect(looks.length).toBeGreaterThan(64);
  expect(looks.length).toBeLessThanOrEqual(129);
});

it('one that is not believed is refused, and takes nothing from the sender that it names', () => {
  const { gate, looks } = setUp();
  for (let count = 0; count < 1_000; count++)
    expect(gate.take(from('3 a 7 b', '10.0.0.9', 'forged'))).toBe(403);
  expect(looks).toEqual([]);
  expect(gate.take(from('3 a 7 b', '10.0.0.1'))).toBe(204);
});
