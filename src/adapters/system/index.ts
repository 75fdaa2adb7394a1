/** This machine's clock, chance and cancellation, and its file with the cluster's secret. */
export { createAbort } from './abort.ts';
export { systemClock } from './clock.ts';
export { systemRandom } from './random.ts';
export { openSecret, type SecretOptions } from './secret-file.ts';
export { stderrLogger } from './stderr-logger.ts';
