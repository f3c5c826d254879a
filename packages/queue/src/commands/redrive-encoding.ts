import type { ByteReader } from '../bytes/byte-reader.ts';
import { COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, beginCommand } from './command-header.ts';
import type { Redrive } from './command.ts';
import { MESSAGES_PER_COMMAND_MAX } from './limits.ts';

/** Numbers on disk: never reuse one. */
const RedriveFlag = { sequences: 1, max: 2, to: 4, ratePerSecond: 8 } as const;
const ALL_FLAGS = 15;
const NOT_WITH_SEQUENCES = RedriveFlag.max | RedriveFlag.ratePerSecond;

const NUMBER_BYTES = 8;

export function encodeRedrive({ topic, sequences, max, to, ratePerSecond }: Redrive): Buffer {
  const flags =
    (sequences === undefined ? 0 : RedriveFlag.sequences) |
    (max === undefined ? 0 : RedriveFlag.max) |
    (to === undefined ? 0 : RedriveFlag.to) |
    (ratePerSecond === undefined ? 0 : RedriveFlag.ratePerSecond);
  const size =
    fieldBytes(topic) +
    (sequences === undefined ? 0 : COUNT_BYTES + NUMBER_BYTES * sequences.length) +
    numberBytes(max) +
    (to === undefined ? 0 : fieldBytes(to)) +
    numberBytes(ratePerSecond);
  const writer = beginCommand(CommandKind.redrive, flags, size).field(topic);
  if (sequences !== undefined) {
    writer.u32(sequences.length);
    for (const sequence of sequences) writer.u64(sequence);
  }
  if (max !== undefined) writer.u64(max);
  if (to !== undefined) writer.field(to);
  if (ratePerSecond !== undefined) writer.u64(ratePerSecond);
  return writer.finish();
}

const numberBytes = (value: number | undefined): number => (value === undefined ? 0 : NUMBER_BYTES);

type Draft = { -readonly [Field in keyof Redrive]: Redrive[Field] };

/** The topic was read. */
export function readRedrive(reader: ByteReader, flags: number, topic: string): Redrive {
  if (flags > ALL_FLAGS) reader.fail();
  const command: Draft = { kind: 'redrive', topic };
  if ((flags & RedriveFlag.sequences) !== 0) {
    if ((flags & NOT_WITH_SEQUENCES) !== 0) reader.fail();
    command.sequences = readSequences(reader);
  }
  if ((flags & RedriveFlag.max) !== 0) command.max = reader.u64From(1);
  if ((flags & RedriveFlag.to) !== 0) {
    command.to = reader.text();
    if (command.to === '') reader.fail();
  }
  if ((flags & RedriveFlag.ratePerSecond) !== 0) command.ratePerSecond = reader.u64From(1);
  return command;
}

function readSequences(reader: ByteReader): number[] {
  const count = reader.u32Within(1, MESSAGES_PER_COMMAND_MAX);
  const sequences: number[] = [];
  while (sequences.length < count && !reader.failed) sequences.push(reader.u64From(1));
  return sequences;
}
