import type { ByteReader } from '../bytes/byte-reader.ts';
import { fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, NO_FLAGS, beginCommand } from './command-header.ts';
import type { Purge } from './command.ts';

/** Numbers on disk: never reuse one. */
const PurgeFlag = { olderThanMs: 1 } as const;

/** A state's number is its place. */
const STATES: readonly [Purge['state'], ...Purge['state'][]] = [
  'all',
  'ready',
  'leased',
  'delayed',
  'dead',
];

const STATE_BYTES = 1;
const AGE_BYTES = 8;

export function encodePurge({ topic, state, olderThanMs }: Purge): Buffer {
  const flags = olderThanMs === undefined ? NO_FLAGS : PurgeFlag.olderThanMs;
  const size = fieldBytes(topic) + STATE_BYTES + (olderThanMs === undefined ? 0 : AGE_BYTES);
  const writer = beginCommand(CommandKind.purge, flags, size).field(topic);
  writer.u8(STATES.indexOf(state));
  if (olderThanMs !== undefined) writer.u64(olderThanMs);
  return writer.finish();
}

/** The topic was read. */
export function readPurge(reader: ByteReader, flags: number, topic: string): Purge {
  const state = reader.oneOf(STATES);
  if (flags === 0) return { kind: 'purge', topic, state };
  if (flags !== PurgeFlag.olderThanMs) reader.fail();
  return { kind: 'purge', topic, state, olderThanMs: reader.u64() };
}
