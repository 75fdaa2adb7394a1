import { describe, expect, it } from 'vitest';
import { classifyError } from './failure.ts';

function withCode(code: string, message = `connect ${code} 10.0.0.1:6001`): Error {
  return Object.assign(new Error(message), { code });
}

describe('an error of a probe', () => {
  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ETIMEDOUT', 'no-connection'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['EHOSTUNREACH', 'no-connection'],
    ['ENETUNREACH', 'no-connection'],
    ['EPERM', 'no-connection'],
    ['ENOTFOUND', 'unresolved'],
    ['EAI_AGAIN', 'unresolved'],
    ['EAI_FAIL', 'unresolved'],
    ['HPE_HEADER_OVERFLOW', 'too-large'],
    ['HPE_INVALID_CONSTANT', 'bad-answer'],
  ])('%s is %s, in its own words', (code, failure) => {
    const detail = `connect ${code} 10.0.0.1:6001`;
    expect(classifyError(withCode(code))).toEqual({ kind: 'failure', failure, detail });
  });

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAI_MEMORY'])(
    '%s says nothing of the target',
    (code) => {
      expect(classifyError(withCode(code))).toEqual({ kind: 'ownWant' });
    },
  );

  it('of several addresses tells them all', () => {
    const parts = [
      withCode('ECONNREFUSED', 'connect ECONNREFUSED ::1:1'),
      withCode('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
    ];
    expect(classifyError(Object.assign(new AggregateError(parts), { code: 'ECONNREFUSED' }))).toMatchObject({
      failure: 'refused',
      detail: 'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
    });
  });

  it.each(['EHOSTUNREACH', 'ETIMEDOUT'])('of several addresses is refused only if all are: %s', (code) => {
    for (const parts of [
      [withCode('ECONNREFUSED'), withCode(code)],
      [withCode(code), withCode('ECONNREFUSED')],
    ]) {
      const error = Object.assign(new AggregateError(parts), { code: 'ECONNREFUSED' });
      expect(classifyError(error)).toMatchObject({ failure: 'no-connection' });
    }
  });

  it.each([[null], [undefined], ['text'], [new Error('')], [{ code: 7 }], [new Error('x'.repeat(1_000))]])(
    'of any other shape (%s) is told in 1 to 200 characters',
    (error) => {
      const classified = classifyError(error);
      const detail = classified.kind === 'failure' ? classified.detail : '';
      expect(detail.length).toBeGreaterThan(0);
      expect(detail.length).toBeLessThanOrEqual(200);
    },
  );
});
