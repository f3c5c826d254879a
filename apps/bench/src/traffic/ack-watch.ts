import { setTimeout as delay } from 'node:timers/promises';

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

/** The moment of the ack that is waited for. Rejects when it does not come within `ms`. */
export async function ackWithin(ms: number, acked: Promise<number>): Promise<number> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no acked publish within ${ms / 1000} s after the kill`);
  });
  try {
    return await Promise.race([acked, late]);
  } finally {
    over.abort();
  }
}
