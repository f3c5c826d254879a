import { logIndex, logTime, term } from '../core/numbers.ts';
import type { SnapshotMark } from '../core/ready.ts';
import { FieldReader, FieldWriter } from './fields.ts';

/** A snapshot mark as a record of the log says it. */
export interface MarkRecord {
  readonly mark: SnapshotMark;
  /** All entries before the record are void; the next one is `mark.index + 1`. */
  readonly resets: boolean;
}

/** The part of a record's header that a mark fills. */
type MarkHeader = Pick<SnapshotMark, 'index' | 'term' | 'at'>;

/** What the record header does not hold. */
export function encodeMarkPayload({ mark, resets }: MarkRecord): Buffer {
  const { generation, configuration } = mark;
  return new FieldWriter()
    .number(resets ? 1 : 0)
    .number(generation)
    .number(configuration.index)
    .bytes(configuration.payload)
    .finish();
}

/** Puts header and payload of a record together again; the mark holds a copy of what it needs. */
export function decodeMarkRecord(header: MarkHeader, payload: Buffer): MarkRecord {
  const { index, term: ofTerm, at } = header;
  const fields = new FieldReader(payload);
  const resets = fields.number() === 1;
  const generation = fields.number();
  const configuration = { index: logIndex(fields.number()), payload: fields.bytes() };
  return { mark: { index, term: ofTerm, at, configuration, generation }, resets };
}

/** Inside a head: 0, or 1 and the mark. */
export function encodeMark(fields: FieldWriter, mark: SnapshotMark | undefined): void {
  fields.number(mark === undefined ? 0 : 1);
  if (mark === undefined) return;
  fields.number(mark.index).number(mark.term).number(mark.at);
  fields.bytes(encodeMarkPayload({ mark, resets: false }));
}

export function decodeMark(fields: FieldReader): SnapshotMark | undefined {
  if (fields.number() === 0) return undefined;
  const header = {
    index: logIndex(fields.number()),
    term: term(fields.number()),
    at: logTime(fields.number()),
  };
  return decodeMarkRecord(header, fields.bytes()).mark;
}
