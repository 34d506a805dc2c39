// Random numbers that a seed brings back.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1 (mulberry32). */
  number() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit) {
    return Math.floor(this.number() * limit);
  }

  chance(probability) {
    return this.number() < probability;
  }

  of(items) {
    return items[this.below(items.length)];
  }

  some(items, most) {
    const count = Math.min(items.length, 1 + this.below(most));
    const left = [...items];
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0]);
  }
}
