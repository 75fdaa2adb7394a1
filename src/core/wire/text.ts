/** Texts of other people's making, cut to a length: never half a character in them, which no registry may be sent. */

/** The first characters, at most `limit` UTF-16 units; half characters of the source become U+FFFD. */
export function startOf(text: string, limit: number): string {
  const whole = wellFormed(text);
  const isHalved = whole.length > limit && isFirstHalf(whole.charCodeAt(limit - 1));
  return whole.slice(0, isHalved ? limit - 1 : limit);
}

/** The last characters, at most `limit` UTF-16 units; half characters of the source become U+FFFD. */
export function endOf(text: string, limit: number): string {
  const whole = wellFormed(text);
  const from = Math.max(0, whole.length - limit);
  const isHalved = from > 0 && isFirstHalf(whole.charCodeAt(from - 1));
  return whole.slice(isHalved ? from + 1 : from);
}

/** As `String.prototype.toWellFormed`, which the pure parts' library does not have yet. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Of a well-formed text: the other half follows. */
function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
