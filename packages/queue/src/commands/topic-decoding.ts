import type { ByteReader } from '../bytes/byte-reader.ts';
import type { CreateTopic, DeleteTopic, PauseTopic, TopicVersion, UpdateTopic } from './command.ts';
import { readSettings } from './settings-encoding.ts';
import { CreateFlag, Paused, VersionFlag } from './topic-encoding.ts';

export function readCreate(reader: ByteReader, flags: number, topic: string): CreateTopic {
  if (flags === 0) return { kind: 'create-topic', topic };
  if (flags !== CreateFlag.settings) reader.fail();
  return { kind: 'create-topic', topic, settings: readSettings(reader) };
}

export function readUpdate(reader: ByteReader, flags: number, topic: string): UpdateTopic {
  const settings = readSettings(reader);
  if (flags === 0) return { kind: 'update-topic', topic, settings };
  return { kind: 'update-topic', topic, settings, expected: readVersion(reader, flags) };
}

export function readDelete(reader: ByteReader, flags: number, topic: string): DeleteTopic {
  if (flags === 0) return { kind: 'delete-topic', topic };
  return { kind: 'delete-topic', topic, expected: readVersion(reader, flags) };
}

function readVersion(reader: ByteReader, flags: number): TopicVersion {
  if (flags !== VersionFlag.expected) reader.fail();
  return { number: reader.u64From(1), version: reader.u64From(1) };
}

export function readPause(reader: ByteReader, topic: string): PauseTopic {
  const paused = reader.u8();
  if (paused > (Paused.publishing | Paused.receiving)) reader.fail();
  const publishing = (paused & Paused.publishing) !== 0;
  return { kind: 'pause-topic', topic, publishing, receiving: (paused & Paused.receiving) !== 0 };
}
