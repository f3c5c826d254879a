import { ByteReader } from './byte-reader.ts';
import { LENGTH_BYTES } from './byte-writer.ts';
import { findViolations } from './invariants.ts';
import { ANSWERS_PER_PRODUCER_MAX } from './limits.ts';
import type { Answer } from './producers.ts';
import { type QueueState, addMessage, emptyState, emptyTopic } from './queue-state.ts';
import { RunningHash } from './running-hash.ts';
import { RecordKind, SNAPSHOT_VERSION, decodeChunk } from './snapshot-format.ts';
import type { Topic } from './topic.ts';

/** The chunks are no snapshot of a queue, or not all of one; says why. */
export class SnapshotRejected extends Error {
  override readonly name = 'SnapshotRejected';
}

/** Builds the state that the chunks hold. Rejects with `SnapshotRejected` unless they are all right, all there. */
export async function decodeSnapshot(
  chunks: AsyncIterable<Buffer>,
  producersMax: number,
): Promise<QueueState> {
  const builder = new StateBuilder(producersMax);
  let rest: Buffer = Buffer.alloc(0);
  for await (const payload of payloadsOf(chunks)) {
    rest = builder.takeRecords(rest.length === 0 ? payload : Buffer.concat([rest, payload]));
  }
  ensure(rest.length === 0, 'ends within a record');
  return builder.finish();
}

async function* payloadsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let next = 0;
  let complete = false;
  for await (const bytes of chunks) {
    const chunk = decodeChunk(bytes);
    ensure(chunk !== undefined, `chunk ${next} is damaged`);
    ensure(!complete && chunk.number === next, `chunk ${chunk.number} comes as chunk ${next}`);
    yield chunk.payload;
    next += 1;
    complete = chunk.last;
  }
  ensure(complete, 'the last chunk is missing');
}

/** Adds record after record to a state of its own. */
class StateBuilder {
  readonly #state: QueueState;
  #topic: Topic | undefined;
  #records = 0;
  #complete = false;

  constructor(producersMax: number) {
    this.#state = emptyState(producersMax);
  }

  /** Adds the whole records at the start of `stream`; returns what is left. */
  takeRecords(stream: Buffer): Buffer {
    let start = 0;
    while (stream.length - start >= LENGTH_BYTES) {
      const end = start + LENGTH_BYTES + stream.readUInt32LE(start);
      if (end > stream.length) break;
      this.#take(stream.subarray(start + LENGTH_BYTES, end));
      start = end;
    }
    return stream.subarray(start);
  }

  finish(): QueueState {
    ensure(this.#complete, 'the last record is missing');
    const violations = findViolations(this.#state);
    ensure(violations.length === 0, violations.join('; '));
    return this.#state;
  }

  #take(record: Buffer): void {
    const reader = new ByteReader(record);
    const kind = reader.u8();
    ensure((kind === RecordKind.state) === (this.#records === 0), 'the state comes first, once');
    ensure(!this.#complete, 'nothing comes after the end');
    this.#takeKind(kind, reader);
    ensure(reader.complete, `record ${this.#records} is malformed`);
    this.#records += 1;
  }

  #takeKind(kind: number, reader: ByteReader): void {
    switch (kind) {
      case RecordKind.state:
        return this.#takeState(reader);
      case RecordKind.topic:
        return this.#takeTopic(reader);
      case RecordKind.message:
        return this.#takeMessage(reader);
      case RecordKind.producer:
        return this.#takeProducer(reader);
      case RecordKind.end:
        ensure(reader.u64() === this.#records, 'records are missing');
        this.#complete = true;
        return;
      default:
        reader.fail();
    }
  }

  #takeState(reader: ByteReader): void {
    ensure(reader.u16() === SNAPSHOT_VERSION, 'the version is not known');
    this.#state.index = reader.u64();
    this.#state.at = reader.u64();
    this.#state.hash = new RunningHash(reader.u64());
    this.#state.topicsCreated = reader.u64();
  }

  #takeTopic(reader: ByteReader): void {
    const topic = emptyTopic(reader.u64(), reader.text());
    ensure(!this.#state.topics.has(topic.name), 'a topic comes twice');
    topic.lastSequence = reader.u64();
    topic.popped = reader.u64();
    this.#state.topics.set(topic.name, topic);
    this.#topic = topic;
  }

  #takeMessage(reader: ByteReader): void {
    ensure(this.#topic !== undefined, 'a message has no topic');
    const sequence = reader.u64();
    const publishedAt = reader.u64();
    const contentType = reader.text();
    addMessage(this.#topic, { sequence, contentType, body: reader.field(), publishedAt });
  }

  #takeProducer(reader: ByteReader): void {
    const topicNumber = reader.u64();
    const id = reader.text();
    const epoch = reader.u64();
    const sequence = reader.u64();
    const index = reader.u64();
    const answers: Answer[] = [];
    const count = reader.u32();
    ensure(count <= ANSWERS_PER_PRODUCER_MAX, 'a producer has too many answers');
    while (answers.length < count) answers.push({ first: reader.u64(), count: reader.u32() });
    this.#state.producers.restore({ topicNumber, id, epoch, sequence, index, answers });
  }
}

function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new SnapshotRejected(`the snapshot is rejected: ${otherwise}`);
}
