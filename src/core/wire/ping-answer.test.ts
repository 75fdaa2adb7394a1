import { describe, expect, it } from 'vitest';
import { pingAnswer, readPingAnswer } from './ping-answer.ts';

describe('the ping answer', () => {
  it('names the node and its epoch to each reader', () => {
    expect(pingAnswer('a', 3)).toBe('{"status":"ok","node":"a","epoch":3}');
    expect(readPingAnswer(pingAnswer('nœud "1"', 7))).toEqual({ nodeId: 'nœud "1"', epoch: 7 });
  });

  it.each([
    ['{"status":"ok"}'],
    [''],
    ['ok'],
    ['null'],
    ['[1,2]'],
    ['"a"'],
    ['{"node":'],
    ['{"node":7,"epoch":3}'],
    ['{"node":"","epoch":3}'],
    ['{"epoch":3}'],
  ])('names no node in %j', (body) => {
    expect(readPingAnswer(body)).toEqual({ nodeId: null, epoch: null });
  });

  it.each([
    ['{"node":"a"}'],
    ['{"node":"a","epoch":"3"}'],
    ['{"node":"a","epoch":1.5}'],
    ['{"node":"a","epoch":1e300}'],
  ])('names a node without an epoch in %j', (body) => {
    expect(readPingAnswer(body)).toEqual({ nodeId: 'a', epoch: null });
  });
});
