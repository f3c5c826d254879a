/** One change of the source. */
export interface Patch {
  /** Inside `packages`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/**
 * A famous bug. The simulator is built with it and must fail: a test that cannot fail proves nothing. A fragment that
 * is not found exactly once is an error, so that the list cannot rot.
 */
export interface Mutant {
  readonly name: string;
  /** The bug in words, with its source. */
  readonly what: string;
  /** Together they are one bug: a rule that stands in two places, or an assertion that would speak up first. */
  readonly patches: readonly [Patch, ...Patch[]];
}
