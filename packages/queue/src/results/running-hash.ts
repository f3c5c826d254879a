/** Odd constants of MurmurHash3 and xxHash, which spread small differences over all bits. */
const SPREAD_A = 0x9e3779b1;
const SPREAD_B = 0x85ebca77;
const TWO_32 = 0x1_0000_0000;

/**
 * A hash over a sequence of numbers, order included, for finding replicas that went different ways. Two lanes of 32
 * bits; not against attackers.
 */
export class RunningHash {
  #a: number;
  #b: number;

  constructor(value = 0) {
    this.#a = value | 0;
    this.#b = (value / TWO_32) | 0;
  }

  /** A whole number below 2^53, from which a hash can be continued. */
  get value(): number {
    return (this.#a >>> 0) + (this.#b & 0x1f_ffff) * TWO_32;
  }

  add(number: number): void {
    const a = Math.imul(this.#a ^ number, SPREAD_A);
    const b = Math.imul((this.#b ^ (number / TWO_32)) + a, SPREAD_B);
    this.#a = a ^ (a >>> 15) ^ (b >>> 7);
    // Only the bits that `value` shows, so that a hash continued from it goes on alike.
    this.#b = (b ^ (b >>> 13)) & 0x1f_ffff;
  }
}
