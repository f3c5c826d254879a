/** Says what is going on in one line of the terminal that is written over; says nothing where there is none. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY;

  show(text: string): void {
    if (!this.#isTerminal) return;
    process.stderr.write(`\r\u001B[2K${text.slice(0, process.stderr.columns - 1)}`);
  }

  /** Leaves the terminal's line empty, for what is printed next. */
  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001B[2K');
  }
}
