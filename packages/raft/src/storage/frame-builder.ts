import { RECORD_HEADER_BYTES, writeRecordHeader } from '../core/entry-batch.ts';
import type { NodeId } from '../core/numbers.ts';
import type { LogWrite, SnapshotMark } from '../core/ready.ts';
import { type Frame, type FrameLink, frameBytes, recordOffset, sealFrame } from './frame.ts';
import { RecordType } from './records.ts';
import { type MarkRecord, encodeMarkPayload } from './snapshot-mark.ts';

/** Something to be written; `done` is called when it is durable. */
export type Pending =
  | { readonly kind: 'write'; readonly write: LogWrite; readonly done: () => void }
  | { readonly kind: 'mark'; readonly mark: SnapshotMark; readonly done: () => void }
  | {
      readonly kind: 'peer';
      readonly id: NodeId;
      readonly instanceId: string;
      readonly done: () => void;
    }
  | { readonly kind: 'clean-shutdown' | 'idle'; readonly done: () => void };

export interface Measure {
  readonly records: number;
  readonly payloadBytes: number;
}

/** What a pending item adds to a frame. */
export function measure(pending: Pending): Measure {
  switch (pending.kind) {
    case 'write':
      return measureWrite(pending.write);
    case 'mark':
      return measureMark({ mark: pending.mark, resets: false });
    case 'peer':
      return { records: 1, payloadBytes: Buffer.byteLength(pending.instanceId) };
    case 'clean-shutdown':
    case 'idle':
      return { records: 1, payloadBytes: 0 };
    default:
      return pending satisfies never;
  }
}

/** The fields of a record header that the log's own records use as they like. */
interface OwnRecord {
  readonly index: number;
  readonly term: number;
  readonly at: number;
}

const SAYS_NOTHING: OwnRecord = { index: 0, term: 0, at: 0 };
const NO_PAYLOAD = Buffer.alloc(0);

/** The arena is kept between frames up to this size; what a rare larger frame needed is given back. */
const ARENA_KEPT_BYTES = 4_194_304;

/** Lays pending items down as one frame. Entry batches are copied as they are: their headers, then their payloads. */
export class FrameBuilder {
  readonly #groupId: number;
  #arena = Buffer.alloc(65_536);
  #header = 0;
  #payload = 0;

  constructor(groupId: number) {
    this.#groupId = groupId;
  }

  /** The frame, and its bytes with padding. Both are views into the arena: valid until the next call. */
  build(items: readonly Pending[], link: FrameLink): { frame: Frame; padded: Buffer } {
    const { records, payloadBytes } = measureAll(items);
    const length = frameBytes(records, payloadBytes);
    this.#reserve(length);
    this.#header = recordOffset(0);
    this.#payload = recordOffset(records);
    for (const item of items) this.#put(item);
    const padded = this.#arena.subarray(0, length);
    padded.fill(0, this.#payload);
    return { frame: sealFrame(padded.subarray(0, this.#payload), records, link), padded };
  }

  #reserve(bytes: number): void {
    const tooBig = this.#arena.length > ARENA_KEPT_BYTES && bytes <= ARENA_KEPT_BYTES;
    if (bytes <= this.#arena.length && !tooBig) return;
    this.#arena = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
  }

  #put(item: Pending): void {
    switch (item.kind) {
      case 'write':
        return this.#putWrite(item.write);
      case 'mark':
        return this.#putMark({ mark: item.mark, resets: false });
      case 'peer':
        return this.#putOwn(
          RecordType.peer,
          { ...SAYS_NOTHING, index: item.id },
          Buffer.from(item.instanceId),
        );
      case 'clean-shutdown':
        return this.#putOwn(RecordType.cleanShutdown, SAYS_NOTHING);
      case 'idle':
        return this.#putOwn(RecordType.idle, SAYS_NOTHING);
      default:
        return item satisfies never;
    }
  }

  #putWrite({ hardState, install, truncateAfter, batches }: LogWrite): void {
    if (hardState !== undefined) {
      const { term, vote } = hardState;
      this.#putOwn(RecordType.hardState, { ...SAYS_NOTHING, index: vote, term });
    }
    if (install !== undefined) {
      this.#putMark({ mark: install.mark, resets: !install.keepsSuffix });
    }
    if (truncateAfter !== undefined) {
      this.#putOwn(RecordType.truncation, { ...SAYS_NOTHING, index: truncateAfter });
    }
    for (const { bytes, count } of batches) {
      const headers = count * RECORD_HEADER_BYTES;
      bytes.copy(this.#arena, this.#header, 0, headers);
      bytes.copy(this.#arena, this.#payload, headers);
      this.#header += headers;
      this.#payload += bytes.length - headers;
    }
  }

  #putMark(record: MarkRecord): void {
    const { index, term, at } = record.mark;
    this.#putOwn(RecordType.snapshotMark, { index, term, at }, encodeMarkPayload(record));
  }

  #putOwn(type: number, says: OwnRecord, payload: Buffer = NO_PAYLOAD): void {
    writeRecordHeader(
      this.#arena,
      this.#header,
      { type, groupId: this.#groupId, ...says },
      payload,
    );
    this.#arena.set(payload, this.#payload);
    this.#header += RECORD_HEADER_BYTES;
    this.#payload += payload.length;
  }
}

export function measureAll(items: readonly Pending[]): Measure {
  let records = 0;
  let payloadBytes = 0;
  for (const item of items) {
    const size = measure(item);
    records += size.records;
    payloadBytes += size.payloadBytes;
  }
  return { records, payloadBytes };
}

function measureWrite({ hardState, install, truncateAfter, batches }: LogWrite): Measure {
  let records = (hardState === undefined ? 0 : 1) + (truncateAfter === undefined ? 0 : 1);
  let payloadBytes = 0;
  if (install !== undefined) {
    records += 1;
    payloadBytes += measureMark({ mark: install.mark, resets: true }).payloadBytes;
  }
  for (const { count, byteLength } of batches) {
    records += count;
    payloadBytes += byteLength - count * RECORD_HEADER_BYTES;
  }
  return { records, payloadBytes };
}

function measureMark(record: MarkRecord): Measure {
  return { records: 1, payloadBytes: encodeMarkPayload(record).length };
}
