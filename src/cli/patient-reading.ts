/**
 * Reads the registry for a command that goes on watching. An outage does not end it: the outage is reported, and the
 * command waits. Not for: the first reading, whose failure may also come from a wrong address.
 */
import { RegistryError } from '../ports/registry.ts';
import { printable } from './terminal.ts';

export class PatientReader {
  readonly #tell: (text: string) => void;
  #isOut = false;

  /** `tell` gets one line when an outage begins and one when it is over. */
  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** What `read` gives; null when the registry is out of reach. Rejects with an error that a retry cannot cure. */
  async read<Value>(read: () => Promise<Value>): Promise<Value | null> {
    try {
      const value = await read();
      if (this.#isOut) this.#tell('The registry is back.');
      this.#isOut = false;
      return value;
    } catch (error) {
      if (!isOutage(error)) throw error;
      const message = error.message.replace(/[\s.]*$/, '.');
      if (!this.#isOut) this.#tell(`The registry does not answer, and is asked again: ${printable(message)}`);
      this.#isOut = true;
      return null;
    }
  }
}

function isOutage(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.code === 'unavailable' || error.code === 'ambiguous');
}
