/** Preloaded into a process, it sets the wall clock of that process by `CLOCK_SHIFT_MS`; its monotonic clock is right. */
const shiftMs = Number(process.env['CLOCK_SHIFT_MS']);
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RightDate.now() + shiftMs] : args));
  }

  static now() {
    return RightDate.now() + shiftMs;
  }
};
