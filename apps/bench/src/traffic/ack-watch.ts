/** Waits for the first ack of a publish that was called after a given moment. */
export class AckWatch {
  #sinceMs = Number.POSITIVE_INFINITY;
  #found: (ackedMs: number) => void = () => undefined;

  /** Looks for publishes called from now on; the moment of the first ack, by `performance.now()`. */
  fromNow(): Promise<number> {
    this.#sinceMs = performance.now();
    return new Promise((resolve) => {
      this.#found = resolve;
    });
  }

  /** To be called at every ack. */
  acked(calledMs: number): void {
    if (calledMs < this.#sinceMs) return;
    this.#sinceMs = Number.POSITIVE_INFINITY;
    this.#found(performance.now());
  }
}
