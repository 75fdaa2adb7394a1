import { expect, test } from 'vitest';
import { ConfigError } from '../core/settings/config.ts';
import { RegistryError } from '../ports/registry.ts';
import { CommandError, describeFailure, failureOfFile, stackOf, UsageError } from './failure.ts';

test('wrong usage and wrong configuration are told apart from what could not be done', () => {
  expect(describeFailure(new UsageError('say more')).exitCode).toBe(2);
  expect(describeFailure(new ConfigError([])).exitCode).toBe(2);
  expect(describeFailure(new CommandError('no'))).toEqual({ message: 'no', exitCode: 1 });
});

test('every broken rule of a configuration is told, by its flag', () => {
  const error = new ConfigError([
    { path: 'probeIntervalMs', message: 'expected more than retryIntervalMs' },
    { path: 'address', message: 'expected a host' },
    { path: '--listen', message: 'expected a port' },
  ]);

  expect(describeFailure(error).message).toBe(
    [
      'Invalid configuration:',
      '  --probe-interval: expected more than --retry-interval',
      '  --address: expected a host',
      '  --listen: expected a port',
    ].join('\n'),
  );
});

test('what came from a variable is told by its name', () => {
  const error = new ConfigError([
    { path: 'probeIntervalMs', message: 'expected more than retryIntervalMs' },
    { path: 'jitter', message: 'expected less' },
  ]);
  const variableOf = (flag: string) => (flag === '--retry-interval' ? 'RINGWATCH_RETRY_INTERVAL' : null);

  expect(describeFailure(error, variableOf).message).toBe(
    [
      'Invalid configuration:',
      '  --probe-interval: expected more than RINGWATCH_RETRY_INTERVAL',
      '  --jitter: expected less',
    ].join('\n'),
  );
  const both = (flag: string) => (flag === '--jitter' ? 'RINGWATCH_JITTER' : variableOf(flag));
  expect(describeFailure(error, both).message).toContain('RINGWATCH_JITTER: expected less');
});

test.each(['unavailable', 'ambiguous', 'invalid'] as const)(
  'a registry that is %s comes with a piece of advice',
  (code) => {
    const { message, exitCode } = describeFailure(new RegistryError(code, 'nothing answers at 10.0.0.1'));

    expect(message).toMatch(/^nothing answers at 10\.0\.0\.1\.\n[A-Z].*\.$/);
    expect(exitCode).toBe(1);
  },
);

test('a registry says itself what is wrong with its tables or its login, and a file what is wrong with it', () => {
  const login = new RegistryError('unauthorized', 'Expected a password, found none.');
  expect(describeFailure(login)).toEqual({ message: login.message, exitCode: 1 });
  const tables = new RegistryError('schema', 'Expected a table, found none: start an agent.');
  expect(describeFailure(tables)).toEqual({ message: tables.message, exitCode: 1 });
  const file = failureOfFile(new RegistryError('unavailable', 'Expected a file, found a directory'));
  expect(describeFailure(file)).toEqual({ message: 'Expected a file, found a directory.', exitCode: 1 });
  expect(failureOfFile(tables)).toBe(tables);
});

test('whatever is thrown has a message', () => {
  expect(describeFailure(new Error('')).message).toBe('Error');
  expect(describeFailure('odd').message).toBe('odd');
  expect(describeFailure(undefined).message).toBe('undefined');
});

test('the stack tells the cause too', () => {
  expect(stackOf(new Error('outer', { cause: new Error('inner') }))).toMatch(/outer.+caused by .+inner/s);
});
