/// Chance from a seed (mulberry32): the same seed gives the same campaign and the same instants.
export class Random {
  #state;
  constructor(seed) { this.#state = seed >>> 0; }
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
  between(least, most) { return least + Math.floor(this.fraction() * (most - least + 1)); }
  chance(of) { return this.fraction() < of; }
  one(list) { return list[this.between(0, list.length - 1)]; }
}
