/** A claim that this program made about itself and that turned out to be false. It is never about outside data. */
export class FalseClaim extends Error {
  override readonly name = 'FalseClaim';
}

/** Crashes when a claim is false: going on with a wrong state could acknowledge what is not so. */
export function assert(claim: boolean, inWords: string): asserts claim {
  if (!claim) throw new FalseClaim(inWords);
}

/** This node's disk lacks entries that it had acknowledged as durable: it is an older copy, or lost its end. */
export class WentBack extends Error {
  override readonly name = 'WentBack';
}
