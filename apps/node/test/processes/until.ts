/** Between two looks at a condition. */
const LOOK_MS = 10;

/** A test on a starved machine may take long; it fails with words in place of the runner's timeout. */
export const PATIENCE_MS = 15_000;

/**
 * Resolves to what `look` finds as soon as that is not `undefined`. Rejects after `withinMs`, naming what was awaited.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAtMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS);
    });
  }
}
