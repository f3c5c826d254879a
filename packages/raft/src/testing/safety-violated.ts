/** A promise of Raft was broken. */
export class SafetyViolated extends Error {
  override readonly name = 'SafetyViolated';
}

export function violated(what: string): never {
  throw new SafetyViolated(what);
}
