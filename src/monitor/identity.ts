/** Ids of operations, claims and instances: 128 random bits, so that two never meet. */
import type { Random } from '../ports/random.ts';

/** 32 hexadecimal digits from the given source of randomness. */
export function newId(random: Random): string {
  let id = '';
  for (let part = 0; part < 4; part++) {
    id += Math.floor(random.next() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  }
  return id;
}
