import { ByteWriter, LENGTH_BYTES, byteLength } from './byte-writer.ts';
import type { ProducerMemory } from './producers.ts';
import type { QueueState } from './queue-state.ts';
import type { Message } from './result.ts';
import {
  CHUNK_BYTES_MAX,
  CHUNK_HEADER_BYTES,
  RecordKind,
  SNAPSHOT_VERSION,
  U16_BYTES,
  U32_BYTES,
  U64_BYTES,
  U8_BYTES,
  encodeChunk,
} from './snapshot-format.ts';

/** A state that no longer changes. Messages are shared with the state it was taken from: they are immutable. */
export interface CapturedState {
  readonly index: number;
  readonly at: number;
  readonly hash: number;
  readonly topicsCreated: number;
  readonly topics: readonly CapturedTopic[];
  readonly producers: readonly ProducerMemory[];
}

interface CapturedTopic {
  readonly number: number;
  readonly name: string;
  readonly lastSequence: number;
  readonly popped: number;
  readonly messages: readonly Message[];
}

/** Takes about 20 ns per message: references are copied, bytes are not. */
export function captureState(state: QueueState): CapturedState {
  const { index, at, hash, topicsCreated, topics, producers } = state;
  return {
    index,
    at,
    hash: hash.value,
    topicsCreated,
    topics: Array.from(topics.values(), ({ number, name, lastSequence, popped, ready }) => ({
      number,
      name,
      lastSequence,
      popped,
      messages: [...ready],
    })),
    producers: producers.memories(),
  };
}

/** The chunks of a snapshot, made one at a time as they are asked for. */
export async function* encodeSnapshot(captured: CapturedState): AsyncGenerator<Buffer> {
  const payloadMax = CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES;
  let pieces: Buffer[] = [];
  let room = payloadMax;
  let number = 0;
  for (const record of encodeRecords(captured)) {
    let rest = record;
    while (rest.length > room) {
      yield encodeChunk(number, [...pieces, rest.subarray(0, room)], false);
      rest = rest.subarray(room);
      pieces = [];
      room = payloadMax;
      number += 1;
    }
    pieces.push(rest);
    room -= rest.length;
  }
  yield encodeChunk(number, pieces, true);
}

function* encodeRecords(captured: CapturedState): Generator<Buffer> {
  let count = 1 + captured.producers.length;
  yield encodeState(captured);
  for (const topic of captured.topics) {
    yield encodeTopic(topic);
    for (const message of topic.messages) yield encodeMessage(message);
    count += 1 + topic.messages.length;
  }
  for (const producer of captured.producers) yield encodeProducer(producer);
  yield startRecord(RecordKind.end, U64_BYTES).u64(count).finish();
}

function encodeState({ index, at, hash, topicsCreated }: CapturedState): Buffer {
  return startRecord(RecordKind.state, U16_BYTES + 4 * U64_BYTES)
    .u16(SNAPSHOT_VERSION)
    .u64(index)
    .u64(at)
    .u64(hash)
    .u64(topicsCreated)
    .finish();
}

function encodeTopic({ number, name, lastSequence, popped }: CapturedTopic): Buffer {
  return startRecord(RecordKind.topic, 3 * U64_BYTES + LENGTH_BYTES + byteLength(name))
    .u64(number)
    .field(name)
    .u64(lastSequence)
    .u64(popped)
    .finish();
}

function encodeMessage({ sequence, publishedAt, contentType, body }: Message): Buffer {
  const fields = 2 * LENGTH_BYTES + byteLength(contentType) + body.length;
  return startRecord(RecordKind.message, 2 * U64_BYTES + fields)
    .u64(sequence)
    .u64(publishedAt)
    .field(contentType)
    .field(body)
    .finish();
}

function encodeProducer(memory: ProducerMemory): Buffer {
  const { topicNumber, id, epoch, sequence, index, answers } = memory;
  const answersBytes = U32_BYTES + answers.length * (U64_BYTES + U32_BYTES);
  const size = 4 * U64_BYTES + LENGTH_BYTES + byteLength(id) + answersBytes;
  const writer = startRecord(RecordKind.producer, size)
    .u64(topicNumber)
    .field(id)
    .u64(epoch)
    .u64(sequence)
    .u64(index)
    .u32(answers.length);
  for (const { first, count } of answers) writer.u64(first).u32(count);
  return writer.finish();
}

/** Starts a record whose kind is followed by `size` bytes. */
function startRecord(kind: number, size: number): ByteWriter {
  return new ByteWriter(LENGTH_BYTES + U8_BYTES + size).u32(U8_BYTES + size).u8(kind);
}
