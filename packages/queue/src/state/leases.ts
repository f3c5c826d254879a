import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { RowKind, placePrefix, u64Text } from '../store/row-keys.ts';
import type { MessageMeta } from './message-meta.ts';
import { SortedList } from './sorted-list.ts';
import { type Trail, readTrail, trailBytes, writeTrail } from './trail.ts';

/** A message that is leased. */
export interface Lease {
  readonly place: number;
  readonly sequence: number;
  readonly meta: MessageMeta;
  /** The delivery that is leased is the last one. */
  readonly trail: Trail;
  /** When it ends, unless the group was without a leader since: see `endOf`. In ms since the Unix epoch. */
  readonly deadline: number;
  /** What it was granted for, in ms. */
  readonly lengthMs: number;
  /** Time without a leader before it was granted: see `QueueState.gapMs`. */
  readonly gapMsBefore: number;
}

/** When a lease ends: later by the time without a leader, by its own length at most. */
export function leaseEnd({ deadline, lengthMs, gapMsBefore }: Lease, gapMs: number): number {
  return deadline + Math.min(gapMs - gapMsBefore, lengthMs);
}

/** All leases, in the order of their deadlines. */
export type LeaseOrder = SortedList<Lease>;

export const newLeaseOrder = (): LeaseOrder =>
  new SortedList<Lease>(
    (a, b) => a.deadline - b.deadline || a.place - b.place || a.sequence - b.sequence,
  );

/** The leases of a topic, all in memory; what has changed goes into rows with each flush. */
export class Leases {
  readonly #place: number;
  readonly #order: LeaseOrder;
  readonly #leases = new Map<number, Lease>();
  /** Sequences whose rows the store holds, or is about to hold. */
  readonly #stored = new Set<number>();
  /** While a backup is restored: so many there will be. */
  promised = 0;
  /** Sequences whose leases have changed. */
  #changed = new Set<number>();

  constructor(place: number, order: LeaseOrder) {
    this.#place = place;
    this.#order = order;
  }

  get size(): number {
    return this.#leases.size;
  }

  /** How many rows a flush must write. */
  get changes(): number {
    return this.#changed.size;
  }

  get(sequence: number): Lease | undefined {
    return this.#leases.get(sequence);
  }

  /** Grants a lease, or another one for the same message. */
  set(lease: Lease): void {
    const { sequence } = lease;
    const before = this.#leases.get(sequence);
    if (before !== undefined) this.#order.delete(before);
    this.#leases.set(sequence, lease);
    this.#order.add(lease);
    this.#changed.add(sequence);
  }

  delete({ sequence }: Lease): void {
    const lease = this.#leases.get(sequence);
    if (lease === undefined) return;
    this.#order.delete(lease);
    this.#leases.delete(sequence);
    if (this.#stored.has(sequence)) this.#changed.add(sequence);
    else this.#changed.delete(sequence);
  }

  /** The first sequence above this one that is leased. Looks at all leases. */
  after(sequence: number): number | undefined {
    let found: number | undefined;
    for (const leased of this.#leases.keys()) {
      if (leased > sequence && leased < (found ?? Infinity)) found = leased;
    }
    return found;
  }

  /** Takes all leases out of the common order: the topic is deleted. */
  end(): void {
    for (const lease of this.#leases.values()) this.#order.delete(lease);
  }

  /** A lease that the store holds. */
  load(lease: Lease): void {
    this.#leases.set(lease.sequence, lease);
    this.#order.add(lease);
    this.#stored.add(lease.sequence);
  }

  *[Symbol.iterator](): Generator<Lease> {
    yield* this.#leases.values();
  }

  /** A flush takes the changes. */
  take(): { readonly sequences: ReadonlySet<number>; readonly rows: readonly LeaseRow[] } {
    const sequences = this.#changed;
    this.#changed = new Set();
    const rows: LeaseRow[] = [];
    for (const sequence of sequences) {
      const lease = this.#leases.get(sequence);
      if (lease === undefined) this.#stored.delete(sequence);
      else this.#stored.add(sequence);
      rows.push({ key: leaseKey(this.#place, sequence), value: lease && encodeLease(lease) });
    }
    return { sequences, rows };
  }

  /** The store has not got what was taken: each row may be there or not. */
  putBack(sequences: ReadonlySet<number>): void {
    for (const sequence of sequences) {
      this.#changed.add(sequence);
      this.#stored.add(sequence);
    }
  }
}

export interface LeaseRow {
  readonly key: string;
  readonly value: Buffer | undefined;
}

const leaseKey = (place: number, sequence: number): string =>
  placePrefix(RowKind.lease, place) + u64Text(sequence);

/** | u64 deadline | u64 length | u64 gap before | trail | */
function encodeLease({ deadline, lengthMs, gapMsBefore, trail }: Lease): Buffer {
  const writer = new ByteWriter(24 + trailBytes(trail));
  return writeTrail(writer.u64(deadline).u64(lengthMs).u64(gapMsBefore), trail).finish();
}

export function readLease(
  reader: ByteReader,
  { place, meta }: { readonly place: number; readonly meta: MessageMeta },
): Lease {
  const [deadline, lengthMs, gapMsBefore] = [reader.u64(), reader.u64(), reader.u64()];
  const { sequence } = meta;
  return { place, sequence, meta, deadline, lengthMs, gapMsBefore, trail: readTrail(reader) };
}
