import type { ByteReader } from '../bytes/byte-reader.ts';
import { type ByteWriter, LENGTH_BYTES, byteLength } from '../bytes/byte-writer.ts';
import { PRIORITY_DEFAULT, PRIORITY_MAX } from '../commands/limits.ts';
import { readSettings, settingsBytes, writeSettings } from '../commands/settings-encoding.ts';
import type { PurgeJob, RedriveJob } from '../state/jobs.ts';
import { EMPTY_LANE, type LaneRecord } from '../state/keyless-lane.ts';
import type { KeysRecord } from '../state/keys.ts';
import { NOTHING_READY, type ReadyRecord } from '../state/ready.ts';
import { type TopicRecord, newTopicRecord } from '../state/topic.ts';
import { begin, ensureComplete, openValue, seal } from './sealing.ts';
import { KeyKind, placeKey } from './store-keys.ts';
import type { StoreEntry } from './store.ts';

/**
 * The value of a topic, little-endian, as it stands in stores on disk:
 *
 *     | u8 version = 1 | u64 number | field name | u64 last sequence | u64 popped | u64 ready bytes
 *     | u64 cleared: messages up to this sequence are not in the store | u32 crc32 |         of earlier releases
 *     | u8 version = 2 | u64 number | field name | u64 created at | u64 version | settings
 *     | u8 paused: 1 publishing, 2 receiving | u64 last sequence | u64 bytes | 9 × u64 counters
 *     | u64 turns | u64 ready bytes | u8 count | count × lane | 5 × u64 keys: lanes, waiting, count, blocked count, blocked bytes
 *     | u64 leased | u64 delayed | u64 dead count | u64 dead bytes | u64 settlements
 *     | u8 flags | [1: purge] | [2: redrive] | u32 crc32 |
 *     lane     | u8 priority | u64 turn | u64 fresh | u64 returned | u64 middle ranges
 *              | u64 from, u64 to: of the first range | u64 from, u64 to: of the last one |
 *     purge    | u8 state | u64 published by | u64 through | u64 after | u8 looks at: 0 live, 1 dead | u64 next at |
 *     redrive  | field name, u64 number: of the target | u64 remaining | u64 rate a second, 0: none | u64 next at |
 */
const VERSION = 2;
const PLAIN_VERSION = 1;

const FIXED_BYTES = 8 + 8 + 8 + 1 + 16 + 72 + 16 + 1 + 40 + 40 + 1;
const LANE_BYTES = 65;
const PURGE_BYTES = 34;

/** Numbers on disk: never reuse one. */
const PURGE_STATES = ['ready', 'leased', 'delayed', 'dead', 'all'] as const;

export function encodeTopic(topic: TopicRecord): StoreEntry {
  const key = placeKey(KeyKind.topic, topic.place);
  const writer = begin(key, topicBytes(topic), VERSION);
  const { number, name, createdAt, version, settings, paused, lastSequence, bytes } = topic;
  writer.u64(number).field(name).u64(createdAt).u64(version);
  writeSettings(writer, settings);
  writer.u8((paused.publishing ? 1 : 0) + (paused.receiving ? 2 : 0));
  writer.u64(lastSequence).u64(bytes);
  writeCounters(writer, topic.counters);
  writeReady(writer, topic.ready);
  const { leased, delayed, dead, settlements, purge, redrive } = topic;
  writer.u64(leased).u64(delayed).u64(dead.count).u64(dead.bytes).u64(settlements);
  writer.u8((purge === undefined ? 0 : 1) + (redrive === undefined ? 0 : 2));
  if (purge !== undefined) writePurge(writer, purge);
  if (redrive !== undefined) writeRedrive(writer, redrive);
  return seal(writer, key.length);
}

export interface DecodedTopic {
  readonly record: TopicRecord;
  /** Messages `from … to` are leftovers that an earlier release would have removed. */
  readonly leftovers: { readonly from: number; readonly to: number } | undefined;
}

export function decodeTopic(place: number, entry: StoreEntry): DecodedTopic {
  const { version, reader } = openValue(entry, [PLAIN_VERSION, VERSION]);
  const decoded =
    version === VERSION
      ? { record: readTopic(reader, place), leftovers: undefined }
      : readPlainTopic(reader, place);
  if (decoded.record.name === '') reader.fail();
  ensureComplete(reader, entry.key);
  return decoded;
}

function topicBytes({ name, settings, ready, purge, redrive }: TopicRecord): number {
  let bytes = FIXED_BYTES + LENGTH_BYTES + byteLength(name) + settingsBytes(settings);
  bytes += ready.lanes.length * LANE_BYTES;
  if (purge !== undefined) bytes += PURGE_BYTES;
  if (redrive !== undefined) bytes += LENGTH_BYTES + byteLength(redrive.to.name) + 32;
  return bytes;
}

function readTopic(reader: ByteReader, place: number): TopicRecord {
  const [number, name, createdAt, version] = [
    reader.u64(),
    reader.text(),
    reader.u64(),
    reader.u64(),
  ];
  const settings = readSettings(reader);
  const paused = pausedOf(reader.u8());
  const [lastSequence, bytes] = [reader.u64(), reader.u64()];
  const counters = readCounters(reader);
  const ready = readReady(reader);
  const [leased, delayed] = [reader.u64(), reader.u64()];
  const dead = { count: reader.u64(), bytes: reader.u64() };
  const settlements = reader.u64();
  const flags = reader.u8();
  const purge = (flags & 1) === 0 ? undefined : readPurge(reader);
  const redrive = (flags & 2) === 0 ? undefined : readRedrive(reader);
  return {
    number,
    place,
    name,
    createdAt,
    version,
    settings,
    paused,
    lastSequence,
    bytes,
    counters,
    ready,
    leased,
    delayed,
    dead,
    settlements,
    purge,
    redrive,
  };
}

/** Messages were popped from the front only: what is left is one range. */
function readPlainTopic(reader: ByteReader, place: number): DecodedTopic {
  const [number, name] = [reader.u64(), reader.text()];
  const [lastSequence, popped, bytes, cleared] = [
    reader.u64(),
    reader.u64(),
    reader.u64(),
    reader.u64(),
  ];
  if (popped > lastSequence || cleared > popped) reader.fail();
  const base = newTopicRecord({ number, place, name, createdAt: 0 });
  const counters = { ...base.counters, published: lastSequence, acked: popped, delivered: popped };
  const range = { from: popped + 1, to: lastSequence };
  const freshCount = lastSequence - popped;
  const lane = { ...EMPTY_LANE, priority: PRIORITY_DEFAULT, turn: 1, freshCount };
  const lanes = freshCount === 0 ? [] : [{ ...lane, head: range, tail: range }];
  const ready = { ...NOTHING_READY, turns: 1, bytes, lanes };
  return {
    record: { ...base, lastSequence, bytes, counters, ready },
    leftovers: cleared === popped ? undefined : { from: cleared + 1, to: popped },
  };
}

const pausedOf = (flags: number): TopicRecord['paused'] => ({
  publishing: (flags & 1) !== 0,
  receiving: (flags & 2) !== 0,
});

function writeCounters(writer: ByteWriter, counters: TopicRecord['counters']): void {
  writer.u64(counters.published).u64(counters.acked).u64(counters.delivered);
  writer.u64(counters.failed).u64(counters.deadLettered).u64(counters.redriven);
  const { discardedExpired, discardedOverflow, discardedPurged } = counters;
  writer.u64(discardedExpired).u64(discardedOverflow).u64(discardedPurged);
}

function readCounters(reader: ByteReader): TopicRecord['counters'] {
  return {
    published: reader.u64(),
    acked: reader.u64(),
    delivered: reader.u64(),
    failed: reader.u64(),
    deadLettered: reader.u64(),
    redriven: reader.u64(),
    discardedExpired: reader.u64(),
    discardedOverflow: reader.u64(),
    discardedPurged: reader.u64(),
  };
}

function writeReady(writer: ByteWriter, { turns, bytes, lanes, keys }: ReadyRecord): void {
  writer.u64(turns).u64(bytes).u8(lanes.length);
  for (const { priority, turn, freshCount, returnedCount, middleCount, head, tail } of lanes) {
    writer.u8(priority).u64(turn).u64(freshCount).u64(returnedCount).u64(middleCount);
    writer.u64(head.from).u64(head.to).u64(tail.from).u64(tail.to);
  }
  writer.u64(keys.lanes).u64(keys.waiting).u64(keys.count);
  writer.u64(keys.blockedCount).u64(keys.blockedBytes);
}

function readReady(reader: ByteReader): ReadyRecord {
  const [turns, bytes, count] = [reader.u64(), reader.u64(), reader.u8()];
  if (count > PRIORITY_MAX + 1) reader.fail();
  const lanes: (LaneRecord & { priority: number })[] = [];
  while (lanes.length < count && !reader.failed) lanes.push(readLane(reader));
  return { turns, bytes, lanes, keys: readKeys(reader) };
}

function readLane(reader: ByteReader): LaneRecord & { priority: number } {
  return {
    priority: reader.u8(),
    turn: reader.u64(),
    freshCount: reader.u64(),
    returnedCount: reader.u64(),
    middleCount: reader.u64(),
    head: { from: reader.u64(), to: reader.u64() },
    tail: { from: reader.u64(), to: reader.u64() },
  };
}

function readKeys(reader: ByteReader): KeysRecord {
  return {
    lanes: reader.u64(),
    waiting: reader.u64(),
    count: reader.u64(),
    blockedCount: reader.u64(),
    blockedBytes: reader.u64(),
  };
}

function writePurge(writer: ByteWriter, purge: PurgeJob): void {
  writer.u8(PURGE_STATES.indexOf(purge.state)).u64(purge.publishedBy).u64(purge.through);
  writer
    .u64(purge.after)
    .u8(purge.looksAt === 'live' ? 0 : 1)
    .u64(purge.nextAt);
}

function readPurge(reader: ByteReader): PurgeJob {
  const state = PURGE_STATES[reader.u8()];
  if (state === undefined) reader.fail();
  return {
    state: state ?? 'all',
    publishedBy: reader.u64(),
    through: reader.u64(),
    after: reader.u64(),
    looksAt: reader.u8() === 0 ? 'live' : 'dead',
    nextAt: reader.u64(),
  };
}

function writeRedrive(writer: ByteWriter, { to, remaining, ratePerSecond, nextAt }: RedriveJob) {
  writer
    .field(to.name)
    .u64(to.number)
    .u64(remaining)
    .u64(ratePerSecond ?? 0)
    .u64(nextAt);
}

function readRedrive(reader: ByteReader): RedriveJob {
  const to = { name: reader.text(), number: reader.u64() };
  const [remaining, rate, nextAt] = [reader.u64(), reader.u64(), reader.u64()];
  return { to, remaining, ratePerSecond: rate === 0 ? undefined : rate, nextAt };
}
