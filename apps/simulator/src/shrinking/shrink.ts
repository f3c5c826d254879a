export interface ShrinkLimits {
  /** At most so many attempts. */
  readonly runsMax: number;
  /** Called before each attempt, with how many are left to keep. */
  readonly onAttempt?: (kept: number, run: number) => void;
}

/**
 * A small part of `all` for which `fails` still holds, found by delta debugging (Zeller, Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", 2002): larger parts are left out first, then smaller ones, until no single one can
 * be, or `runsMax` attempts were made. `fails(all)` holds.
 */
export async function shrink(
  all: readonly number[],
  fails: (kept: readonly number[]) => Promise<boolean>,
  { runsMax, onAttempt = () => undefined }: ShrinkLimits,
): Promise<readonly number[]> {
  let kept = all;
  let parts = 2;
  let runs = 0;
  while (kept.length > 0 && parts <= 2 * kept.length) {
    const size = Math.ceil(kept.length / parts);
    let smaller: readonly number[] | undefined;
    for (let from = 0; from < kept.length && smaller === undefined; from += size) {
      if (runs >= runsMax) return kept;
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      runs += 1;
      onAttempt(rest.length, runs);
      if (await fails(rest)) smaller = rest;
    }
    if (smaller === undefined) {
      if (size === 1) return kept;
      parts *= 2;
    } else {
      kept = smaller;
      parts = Math.max(2, parts - 1);
    }
  }
  return kept;
}
