import { COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, NO_FLAGS, beginCommand } from './command-header.ts';
import type { Command, Once, Pop, RestoreBegin, RestoreChunk } from './command.ts';
import { encodePublish } from './publish-encoding.ts';
import { encodePurge } from './purge-encoding.ts';
import { encodeReceive } from './receive-encoding.ts';
import { encodeRedrive } from './redrive-encoding.ts';
import { encodeSettle } from './settlement-encoding.ts';
import { encodeCreate, encodeDelete, encodePause, encodeUpdate } from './topic-encoding.ts';

/**
 * The bytes of a command, little-endian. They are in logs on disk: nothing here may change its meaning. What is added
 * later comes under a new kind or a new flag. The fields of flags stand in ascending order of their bits after the
 * fields that are always there; a bit that the decoder does not know makes the command malformed. (So a leader may use
 * a new kind or flag only when every member knows it.)
 *
 * A *field* is `| u32 length | as many bytes |`; text is UTF-8. Bounds: `limits.ts`.
 *
 *     every command       | u8 version = 1 | u8 kind | u16 flags | field topic |         kinds 1 … 3 and 7 … 13
 *                         | u8 version = 1 | u8 kind | u16 flags |                       kinds 4 … 6 and 14 … 16: no flags
 *     create-topic (1)    … | [flag 1: settings]
 *     publish (2)         … | [flag 1: producer] | u32 count, 1 … 1000 | count × message |
 *       producer          | field id | u64 epoch | u64 sequence, from 1 |
 *       message           | u32 flags | field content type | field body | [1: field key] | [2: u8 priority] |
 *                         | [4: u64 delay ms] | [8: u64 deliver at] | [16: u64 ttl ms] | [32: field dedup id] |
 *                         | [64: attributes]
 *                         not both 4 and 8; no 32 with a producer; the default priority is not written
 *       attributes        | u32 count, 1 … 64 | count × (field name | field value) |
 *     pop (3)             …
 *     restore-begin (4)   … | field backup id | field text |
 *     restore-chunk (5)   … | u32 number | field chunk |
 *     restore-end (6)     …
 *     update-topic (7)    … | settings | [flag 1: u64 number | u64 version, both from 1]
 *       settings          see `writeSettings`
 *     delete-topic (8)    … | [flag 1: u64 number | u64 version, both from 1]
 *     pause-topic (9)     … | u8 what is paused: the sum of 1, publishing, and 2, receiving |
 *     receive (10)        … | u32 max | u32 count | count × settlement | [flag 1: u32 lease ms] | [2: secret, 16 bytes]
 *                         max + count <= 1000
 *     settle (11)         … | u32 count, 1 … 1000 | count × settlement |
 *       settlement        | u8 action | u8 flags | token, 28 bytes | [1: u64 delay ms] | [2: field reason] |
 *                         | [4: u32 lease ms]
 *                         actions: ack 1, release 2, nack 3 (flags 1, 2), reject 4 (flag 2), extend 5 (flag 4)
 *     redrive (12)        … | [flag 1: u32 count, 1 … 1000 | count × u64 sequence, from 1] |
 *                         | [2: u64 max, from 1] | [4: field to] | [8: u64 rate per second, from 1]
 *                         neither 2 nor 8 with 1
 *     purge (13)          … | u8 state | [flag 1: u64 older than ms]
 *                         states: all 0, ready 1, leased 2, delayed 3, dead 4
 *     advance (14)        …
 *     once (15)           … | field key | field command |
 *                         the command: all the bytes of one, but none of kinds 4 … 6, 15 and 16
 *     compare-states (16) … | u64 index | u64 hash |
 */
export function encodeCommand(command: Command): Buffer {
  switch (command.kind) {
    case 'publish':
      return encodePublish(command);
    case 'receive':
      return encodeReceive(command);
    case 'settle':
      return encodeSettle(command);
    case 'pop':
      return encodePop(command);
    case 'create-topic':
      return encodeCreate(command);
    case 'update-topic':
      return encodeUpdate(command);
    case 'delete-topic':
      return encodeDelete(command);
    case 'pause-topic':
      return encodePause(command);
    case 'redrive':
      return encodeRedrive(command);
    case 'purge':
      return encodePurge(command);
    case 'advance':
      return beginCommand(CommandKind.advance, NO_FLAGS, 0).finish();
    case 'once':
      return encodeOnce(command);
    case 'compare-states':
      return beginCommand(CommandKind.compareStates, NO_FLAGS, 16)
        .u64(command.index)
        .u64(command.hash)
        .finish();
    case 'restore-begin':
      return encodeRestoreBegin(command);
    case 'restore-chunk':
      return encodeRestoreChunk(command);
    case 'restore-end':
      return beginCommand(CommandKind.restoreEnd, NO_FLAGS, 0).finish();
    default:
      return command satisfies never;
  }
}

function encodePop({ topic }: Pop): Buffer {
  return beginCommand(CommandKind.pop, NO_FLAGS, fieldBytes(topic)).field(topic).finish();
}

function encodeOnce({ key, command }: Once): Buffer {
  const bytes = encodeCommand(command);
  const writer = beginCommand(CommandKind.once, NO_FLAGS, fieldBytes(key) + fieldBytes(bytes));
  return writer.field(key).field(bytes).finish();
}

function encodeRestoreBegin({ backupId, text }: RestoreBegin): Buffer {
  const size = fieldBytes(backupId) + fieldBytes(text);
  return beginCommand(CommandKind.restoreBegin, NO_FLAGS, size)
    .field(backupId)
    .field(text)
    .finish();
}

function encodeRestoreChunk({ number, chunk }: RestoreChunk): Buffer {
  const size = COUNT_BYTES + fieldBytes(chunk);
  return beginCommand(CommandKind.restoreChunk, NO_FLAGS, size).u32(number).field(chunk).finish();
}
