/** Makes the port's own error of whatever a registry's call has thrown. */
import { RegistryError } from '../ports/registry.ts';

/** Throws an error as the port's own. */
export function rethrowAsRegistryError(error: unknown): never {
  throw asRegistryError(error);
}

/** The error itself when it is the port's own; else one that is `ambiguous`, with the error as its cause. */
export function asRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RegistryError('ambiguous', `A registry call failed in an unexpected way: ${message}`, {
    cause: error,
  });
}

/** Throws what a rule has answered as an error, since only an answer is made from what is committed. */
export function orThrow<T>(result: T | RegistryError): T {
  if (result instanceof RegistryError) throw result;
  return result;
}
