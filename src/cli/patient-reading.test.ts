import { expect, test } from 'vitest';
import { RegistryError } from '../ports/registry.ts';
import { PatientReader } from './patient-reading.ts';

const out = (code: 'unavailable' | 'ambiguous') => async (): Promise<never> => {
  throw new RegistryError(code, 'nothing\nanswers');
};

test('an outage is told once, however long it is, and so is its end', async () => {
  const told: string[] = [];
  const reader = new PatientReader((text) => told.push(text));

  expect(await reader.read(async () => 1)).toBe(1);
  expect(await reader.read(out('unavailable'))).toBeNull();
  expect(await reader.read(out('ambiguous'))).toBeNull();
  expect(await reader.read(async () => 2)).toBe(2);
  expect(await reader.read(async () => 3)).toBe(3);
  expect(await reader.read(out('ambiguous'))).toBeNull();

  const begins = 'The registry does not answer, and is asked again: nothing\ufffdanswers.';
  expect(told).toEqual([begins, 'The registry is back.', begins]);
});

test('what asking again does not mend is thrown', async () => {
  const reader = new PatientReader(() => undefined);
  const refusal = new RegistryError('unauthorized', 'who are you');

  await expect(reader.read(() => Promise.reject(refusal))).rejects.toBe(refusal);
  await expect(reader.read(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
});
