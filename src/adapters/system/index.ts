/** This machine's clock, chance and cancellation. */
export { createAbort } from './abort.ts';
export { systemClock } from './clock.ts';
export { systemRandom } from './random.ts';
