/** Cancellation by the platform's own signals. */
import { setMaxListeners } from 'node:events';
import type { CreateAbort } from '../../ports/abort.ts';

/** Makes a new controller. Its signal may have any number of listeners: one stop ends many probes. */
export const createAbort: CreateAbort = () => {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
};
