/** Instants of the registry's clock as text, always in UTC. Pure. */

/** `2026-05-04 12:03:04.567`. */
export function formatInstant(at: number): string {
  return isShowable(at) ? new Date(at).toISOString().replace('T', ' ').slice(0, 23) : '(no time)';
}

/** `2026-05-04T12:03:04.567Z`; null for a number that is no time. */
export function isoInstant(at: number): string | null {
  return isShowable(at) ? new Date(at).toISOString() : null;
}

/** `12:03:04`. */
export function formatClock(at: number): string {
  return isShowable(at) ? new Date(at).toISOString().slice(11, 19) : '--:--:--';
}

/** `12:03:04.567`. */
export function formatMoment(at: number): string {
  return isShowable(at) ? new Date(at).toISOString().slice(11, 23) : '--:--:--.---';
}

/** `2026-05-04`. */
export function formatDay(at: number): string {
  return isShowable(at) ? new Date(at).toISOString().slice(0, 10) : '(no date)';
}

const yearTenThousand = 253_402_300_800_000;

function isShowable(at: number): boolean {
  return at >= 0 && at < yearTenThousand;
}
