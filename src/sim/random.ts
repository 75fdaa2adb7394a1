/**
 * Chance from a seed: the same seed gives the same numbers on every machine and Node version.
 * Every use draws from a stream of its own, found by name: one more draw in one place shifts no numbers anywhere
 * else. Not for: anything that an adversary may guess.
 */
import type { Random } from '../ports/random.ts';

/** A named stream of numbers. */
export interface SeededRandom extends Random {
  /** The stream of that name below this one; asked for twice, it starts anew. */
  stream(name: string): SeededRandom;
  /** Uniform in [`least`, `most`). */
  between(least: number, most: number): number;
  /** A whole number, uniform from `least` to `most`, both included. */
  integer(least: number, most: number): number;
  /** True with that probability; draws nothing for 0 and 1. */
  chance(probability: number): boolean;
  /** One of the items. Throws on an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  /** `count` different items (all when there are fewer), in random order. */
  sample<Item>(items: readonly Item[], count: number): Item[];
}

/** The stream of that name for that seed. */
export function seededRandom(seed: number, name = ''): SeededRandom {
  return new Sfc32(`${seed}`, name);
}

/** Chris Doty-Humphrey's sfc32 (PractRand), seeded by a hash of the seed and the stream's name. */
class Sfc32 implements SeededRandom {
  readonly #path: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(parent: string, name: string) {
    this.#path = `${parent}/${name}`;
    [this.#a, this.#b, this.#c] = hash(this.#path);
    for (let turn = 0; turn < 15; turn++) this.#draw();
  }

  stream(name: string): SeededRandom {
    return new Sfc32(this.#path, name);
  }

  next(): number {
    return this.#draw() / 0x1_0000_0000;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    if (probability <= 0) return false;
    return probability >= 1 || this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('expected at least one item to pick from, got none');
    return items[this.integer(0, items.length - 1)] as Item;
  }

  sample<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items];
    const taken: Item[] = [];
    while (taken.length < count && rest.length > 0) {
      taken.push(...rest.splice(this.integer(0, rest.length - 1), 1));
    }
    return taken;
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    // In one go: a field that has held more than 32 bits once makes each later number an object.
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** Three well mixed words of a text (FNV-1a with three bases, each finished as in MurmurHash3). */
function hash(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    for (let word = 0; word < 3; word++) {
      words[word] = Math.imul((words[word] as number) ^ unit, 0x01000193 + 2 * word);
    }
  }
  return words.map((word) => {
    let mixed = word ^ (word >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) | 0;
  }) as [number, number, number];
}
