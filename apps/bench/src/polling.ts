import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often something is looked for. */
export interface Polling {
  readonly timeoutMs: number;
  /** The pause between two looks. */
  readonly everyMs: number;
  /** Added to the message of the error when time is over. */
  readonly explain?: () => string;
}

/**
 * Calls `look` until it finds something.
 * @throws {Error} `no <what> within …` when it has not in time.
 */
export async function poll<T>(
  what: string,
  look: () => Promise<T | undefined>,
  { timeoutMs, everyMs, explain }: Polling,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(everyMs);
  }
  throw new Error(`no ${what} within ${timeoutMs / 1000} s${explain?.() ?? ''}`);
}

/**
 * Waits for `work`, so long at most.
 * @throws {Error} `no <what> within …` when it takes longer.
 */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no ${what} within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
