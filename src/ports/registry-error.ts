/** How registry calls fail. */

/**
 * Why a registry call failed.
 * - `unavailable`: it certainly had no effect (no leader, refused, busy); may be repeated.
 * - `ambiguous`: it may have had its effect (time-out, reset while committing); repeat it with the same ids.
 * - `unauthorized`, `schema`, `invalid`: repeating does not help; a person must mend something.
 */
export type RegistryErrorCode = 'unavailable' | 'ambiguous' | 'unauthorized' | 'schema' | 'invalid';

/** The only error that registry calls reject with. Its message says what was expected, what was found, and what to do. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same call, with the same ids, may succeed later: true for `unavailable` and `ambiguous`. */
  get isRepeatable(): boolean {
    return this.code === 'unavailable' || this.code === 'ambiguous';
  }
}
