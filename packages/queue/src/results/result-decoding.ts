import { ByteReader } from '../bytes/byte-reader.ts';
import { NO_ATTRIBUTES, readAttributes } from '../commands/attributes-encoding.ts';
import { TOKEN_BYTES } from '../commands/lease-token.ts';
import { MESSAGES_PER_COMMAND_MAX, PRIORITY_MAX } from '../commands/limits.ts';
import {
  KeptFlag,
  RESULT_VERSION,
  ResultKind,
  SettledCode,
  type Success,
} from './result-encoding.ts';
import type { Delivery, Message, Published, Repeated, Settled } from './result.ts';

const ALL_FLAGS = 15;

/** Parses what `encodeResult` wrote; `undefined` for anything else. Never throws. Bodies and tokens are copies. */
export function decodeResult(bytes: Buffer): Success | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== RESULT_VERSION) return undefined;
  const result = readResult(reader, reader.u8());
  return reader.complete ? result : undefined;
}

function readResult(reader: ByteReader, kind: number): Success | undefined {
  if (kind === ResultKind.advanced) return { ok: true, kind: 'advanced', steps: reader.u64() };
  const topicNumber = reader.u64();
  const ok = true;
  switch (kind) {
    case ResultKind.topicCreated:
      return { ok, kind: 'topic-created', topicNumber };
    case ResultKind.topicUpdated:
      return { ok, kind: 'topic-updated', topicNumber, version: reader.u64() };
    case ResultKind.topicDeleted:
      return { ok, kind: 'topic-deleted', topicNumber, messages: reader.u64() };
    case ResultKind.topicPaused:
      return { ok, kind: 'topic-paused', topicNumber };
    case ResultKind.published:
      return readPublished(reader, topicNumber);
    case ResultKind.popped:
      return { ok, kind: 'popped', topicNumber, message: readMessage(reader) };
    case ResultKind.received: {
      const settled = readList(reader, readSettled);
      return {
        ok,
        kind: 'received',
        topicNumber,
        settled,
        deliveries: readList(reader, readDelivery),
      };
    }
    case ResultKind.settled:
      return { ok, kind: 'settled', topicNumber, settled: readList(reader, readSettled) };
    case ResultKind.redriven:
      return { ok, kind: 'redriven', topicNumber, moved: reader.u64(), remaining: reader.u64() };
    case ResultKind.purged:
      return { ok, kind: 'purged', topicNumber, purged: reader.u64(), goesOn: readBoolean(reader) };
    default:
      return undefined;
  }
}

function readPublished(reader: ByteReader, topicNumber: number): Published {
  const firstSequence = reader.u64();
  const count = reader.u64();
  const duplicate = readBoolean(reader);
  const repeated: Repeated[] = [];
  while (reader.left > 0 && !reader.failed) {
    repeated.push({ position: reader.u64(), sequence: reader.u64() });
  }
  return { ok: true, kind: 'published', topicNumber, firstSequence, count, duplicate, repeated };
}

const readBoolean = (reader: ByteReader): boolean => reader.u64Within(0, 1) === 1;

function readList<Item>(reader: ByteReader, read: (reader: ByteReader) => Item): Item[] {
  const count = reader.u32Within(0, MESSAGES_PER_COMMAND_MAX);
  const items: Item[] = [];
  while (items.length < count && !reader.failed) items.push(read(reader));
  return items;
}

function readMessage(reader: ByteReader): Message {
  const flags = reader.u32Within(0, ALL_FLAGS);
  const sequence = reader.u64();
  const publishedAt = reader.u64();
  const priority = reader.u8();
  if (priority > PRIORITY_MAX) reader.fail();
  const contentType = reader.text();
  const body = Buffer.from(reader.field());
  const key = (flags & KeptFlag.key) === 0 ? undefined : reader.text();
  const expiresAt = (flags & KeptFlag.expiresAt) === 0 ? undefined : reader.u64();
  const dedupId = (flags & KeptFlag.dedupId) === 0 ? undefined : reader.text();
  const attributes = (flags & KeptFlag.attributes) === 0 ? NO_ATTRIBUTES : readAttributes(reader);
  return {
    sequence,
    contentType,
    body,
    publishedAt,
    key,
    priority,
    attributes,
    expiresAt,
    dedupId,
  };
}

function readDelivery(reader: ByteReader): Delivery {
  return {
    message: readMessage(reader),
    token: Buffer.from(reader.view(TOKEN_BYTES)),
    deliveries: reader.u32(),
    failures: reader.u32(),
    leaseExpiresAt: reader.u64(),
  };
}

function readSettled(reader: ByteReader): Settled {
  switch (reader.u8()) {
    case SettledCode.done:
      return { ok: true, already: false };
    case SettledCode.already:
      return { ok: true, already: true };
    case SettledCode.extended:
      return { ok: true, already: false, leaseExpiresAt: reader.u64() };
    case SettledCode.alreadyExtended:
      return { ok: true, already: true, leaseExpiresAt: reader.u64() };
    case SettledCode['invalid-token']:
      return { ok: false, code: 'invalid-token' };
    case SettledCode['lease-lost']:
      return { ok: false, code: 'lease-lost' };
    case SettledCode['settled-otherwise']:
      return { ok: false, code: 'settled-otherwise' };
    default:
      reader.fail();
      return { ok: true, already: false };
  }
}
