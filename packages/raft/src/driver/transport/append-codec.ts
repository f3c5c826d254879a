import { EntryBatch } from '../../core/entry-batch.ts';
import { logIndex, term } from '../../core/numbers.ts';
import type { AppendEntries } from '../../core/rpc.ts';
import { BODY, type Envelope, areSafe, field, owned } from './rpc-fields.ts';

/**
 * The body of append-entries:
 *
 *   | prevIndex, prevTerm, commit: u64 each | batches u32 | { entries u32, bytes u32 } per batch | bytes of all batches |
 */
const FIELDS = 3;
const TABLE = BODY + FIELDS * 8;
const ROW_BYTES = 8;

export const appendFields = (rpc: AppendEntries): readonly number[] => [
  rpc.prevIndex,
  rpc.prevTerm,
  rpc.commit,
];

/** The length of the table of batches. */
export const tableBytesOf = ({ batches }: AppendEntries): number => 4 + batches.length * ROW_BYTES;

export function writeTable(target: Buffer, offset: number, { batches }: AppendEntries): void {
  target.writeUInt32LE(batches.length, offset);
  let row = offset + 4;
  for (const batch of batches) {
    target.writeUInt32LE(batch.count, row);
    target.writeUInt32LE(batch.bytes.length, row + 4);
    row += ROW_BYTES;
  }
}

/** `undefined` when the body is malformed, or its entries could not stand in any leader's log. */
export function decodeAppend(frame: Buffer, envelope: Envelope): AppendEntries | undefined {
  if (frame.length < TABLE + 4 || !areSafe(frame, FIELDS)) return undefined;
  const batches = decodeBatches(frame);
  if (batches === undefined) return undefined;
  const rpc: AppendEntries = {
    kind: 'append-entries',
    ...envelope,
    prevIndex: logIndex(field(frame, 0)),
    prevTerm: term(field(frame, 1)),
    commit: logIndex(field(frame, 2)),
    batches,
  };
  return continuesPrevious(rpc) ? rpc : undefined;
}

function decodeBatches(frame: Buffer): EntryBatch[] | undefined {
  const count = frame.readUInt32LE(TABLE);
  let start = TABLE + 4 + count * ROW_BYTES;
  if (start > frame.length) return undefined;
  const batches: EntryBatch[] = [];
  for (let i = 0; i < count; i += 1) {
    const row = TABLE + 4 + i * ROW_BYTES;
    const end = start + frame.readUInt32LE(row + 4);
    if (end > frame.length) return undefined;
    const batch = EntryBatch.decode(owned(frame.subarray(start, end)), frame.readUInt32LE(row));
    if (batch === undefined) return undefined;
    batches.push(batch);
    start = end;
  }
  return start === frame.length ? batches : undefined;
}

/** Entries go on right after `prevIndex`; terms never go back and none is later than the leader's. */
function continuesPrevious(rpc: AppendEntries): boolean {
  let index: number = rpc.prevIndex;
  let highest: number = rpc.prevTerm;
  for (const batch of rpc.batches) {
    if (batch.first !== index + 1 || batch.termAt(batch.first) < highest) return false;
    index = batch.last;
    highest = batch.termAt(batch.last);
  }
  return highest <= rpc.term;
}
