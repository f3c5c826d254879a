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
