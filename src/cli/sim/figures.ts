/** Numbers as people read them. Pure. */

/** Three digits that count, thousands apart: `0.0123`, `4.5`, `1,230,000`; 0 is `0`. */
export function figure(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.0001) return value.toExponential(1);
  const rounded = Number(value.toPrecision(3));
  return (Math.abs(value) >= 1_000 ? Math.round(value) : rounded).toLocaleString('en-US', {
    maximumFractionDigits: 6,
  });
}

/** A part of a whole in percent: `2 %`, `0.5 %`. */
export function percentage(part: number): string {
  return `${figure(100 * part)} %`;
}

/** `1 node`, `5 nodes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** Bytes: `812 B`, `1.5 kB`, `23 MB`. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let index = 0;
  while (value >= 1_000 && index < units.length - 1) {
    value /= 1_000;
    index++;
  }
  return `${figure(value)} ${units[index]}`;
}

/** A whole number, thousands apart. */
export function whole(count: number): string {
  return count.toLocaleString('en-US');
}
