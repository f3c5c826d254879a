/** So many of each kind are told in words. */
const TOLD_MAX = 5;

/** Promises that a cluster can break in a storm. */
export const FAULT_KINDS = [
  'lost',
  'invented',
  'published twice',
  'duplicate misjudged',
  'acked twice',
  'acked and dead',
  'delivered after its ack',
  'held by two',
  'out of order',
  'wrong death',
  'wrong count',
  'other state',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** What did not add up: counted all of it, told some. */
export class Faults {
  readonly #counts = new Map<FaultKind, number>();
  readonly told: string[] = [];

  note(kind: FaultKind, text: string): void {
    const count = this.of(kind) + 1;
    this.#counts.set(kind, count);
    if (count <= TOLD_MAX) this.told.push(`${kind}: ${text}`);
  }

  of(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get isClean(): boolean {
    return this.#counts.size === 0;
  }
}
