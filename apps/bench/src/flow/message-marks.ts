import type { FlowAccount } from './flow-job.ts';

const ACKED = 1;
const REFUSED = 2;
const POPPED = 4;
const DOUBLED = 8;

const MARKS_AT_FIRST = 65_536;

/** What is known of each message of a flow, by its number: a byte for each, so that many millions find room. */
export class MessageMarks {
  #marks = new Uint8Array(MARKS_AT_FIRST);
  #count = 0;
  #invented = 0;

  /** The number of a new message. */
  enter(): number {
    if (this.#count === this.#marks.length) {
      const larger = new Uint8Array(2 * this.#marks.length);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    return this.#count++;
  }

  acked(number: number): void {
    this.#mark(number, ACKED);
  }

  refused(number: number): void {
    this.#mark(number, REFUSED);
  }

  /** `number` is what stood in the message: anything, if the cluster is wrong. */
  popped(number: number): void {
    if (!Number.isInteger(number) || number < 0 || number >= this.#count) this.#invented++;
    else this.#mark(number, this.#has(number, POPPED) ? DOUBLED : POPPED);
  }

  /** Once everything was popped. */
  account(unknownPops: number): FlowAccount {
    const sums = { acked: 0, popped: 0, unknown: 0, unknownPopped: 0, lost: 0, doubled: 0 };
    let invented = this.#invented;
    for (let number = 0; number < this.#count; number++) {
      const isPopped = this.#has(number, POPPED);
      if (isPopped) sums.popped++;
      if (this.#has(number, DOUBLED)) sums.doubled++;
      if (this.#has(number, ACKED)) {
        sums.acked++;
        if (!isPopped) sums.lost++;
      } else if (this.#has(number, REFUSED)) {
        if (isPopped) invented++;
      } else {
        sums.unknown++;
        if (isPopped) sums.unknownPopped++;
      }
    }
    return { ...sums, unknownPops, invented };
  }

  #has(number: number, mark: number): boolean {
    return ((this.#marks[number] ?? 0) & mark) !== 0;
  }

  #mark(number: number, mark: number): void {
    this.#marks[number] = (this.#marks[number] ?? 0) | mark;
  }
}
