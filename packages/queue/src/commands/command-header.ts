import { ByteWriter } from '../bytes/byte-writer.ts';

export const COMMAND_VERSION = 1;

/** Numbers on disk: never reuse one. */
export const CommandKind = {
  createTopic: 1,
  publish: 2,
  pop: 3,
  restoreBegin: 4,
  restoreChunk: 5,
  restoreEnd: 6,
  updateTopic: 7,
  deleteTopic: 8,
  pauseTopic: 9,
  receive: 10,
  settle: 11,
  redrive: 12,
  purge: 13,
  advance: 14,
  once: 15,
  compareStates: 16,
} as const;

type Kind = (typeof CommandKind)[keyof typeof CommandKind];

const HEADER_BYTES = 4;

export const NO_FLAGS = 0;

/** A command without its topic and what follows it, for which there is room of `size` bytes. */
export function beginCommand(kind: Kind, flags: number, size: number): ByteWriter {
  return new ByteWriter(HEADER_BYTES + size).u8(COMMAND_VERSION).u8(kind).u16(flags);
}
