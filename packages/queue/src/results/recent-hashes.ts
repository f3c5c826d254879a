/** A proposal that compares states is executed at most so many entries after what it speaks of, or else ignored. */
const ENTRIES = 16_384;

/** The state hashes after the last entries, to be compared with those of other nodes. 256 KiB. */
export class RecentHashes {
  readonly #indexes = new Float64Array(ENTRIES);
  readonly #hashes = new Float64Array(ENTRIES);

  note(index: number, hash: number): void {
    const at = index % ENTRIES;
    this.#indexes[at] = index;
    this.#hashes[at] = hash;
  }

  /** `undefined` when it is not known any more, or was not seen by this process. */
  at(index: number): number | undefined {
    const at = index % ENTRIES;
    return this.#indexes[at] === index ? this.#hashes[at] : undefined;
  }
}

/** This node's state is not the one that the leader has: one of them went another way. */
export class StateDiverged extends Error {
  override readonly name = 'StateDiverged';
}
