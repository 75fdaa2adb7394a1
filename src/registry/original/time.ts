/** The text form of times in the tables of the original: `YYYY-MM-DD HH:MM:SS`, UTC. */
/** The newest second that was written: heartbeats of one second have one text. */
let lastSecond = Number.NaN;
let lastText = '';

/** A registry time as the shared tables hold it. */
export function timestamp(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastText = textOf(second);
    lastSecond = second;
  }
  return lastText;
}

function textOf(second: number): string {
  const day = Math.floor(second / 86_400);
  const rest = second - day * 86_400;
  const time = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(twoDigits).join(':');
  return `${dateOf(day)} ${time}`;
}

/** Days since 1970 to a date of the proleptic Gregorian calendar; years begin in March, eras have 400 of them. */
function dateOf(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(date)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const pattern = /^(\d{4}-[01]\d-[0-3]\d)[ T]([0-2]\d:[0-5]\d:[0-5]\d)[.\d]*(?:Z|z|[+-]00:00| \+0000 UTC)?$/;

/** Reads `YYYY-MM-DD HH:MM:SS` and ISO forms in UTC, in whole seconds; null when it is neither. */
export function parseTimestamp(text: string): number | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const at = Date.parse(`${match[1]}T${match[2]}Z`);
  return Number.isNaN(at) ? null : at;
}
