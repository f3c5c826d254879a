/** A claim that this program made about itself and that turned out to be false. It is never about outside data. */
export class FalseClaim extends Error {
  override readonly name = 'FalseClaim';
}

/** Crashes when a claim is false: going on with a wrong state could acknowledge what is not so. */
export function assert(claim: boolean, inWords: string): asserts claim {
  if (!claim) throw new FalseClaim(inWords);
}
