/** The HTTP prober, and the answer that it understands best. */
export { pingAnswer, pingPath } from '../../core/wire/ping-answer.ts';
export { HttpMessenger } from './http-messenger.ts';
export { HttpProber } from './http-prober.ts';
