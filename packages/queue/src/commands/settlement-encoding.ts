import { assert } from '@rrmq/raft';
import { type ByteWriter, COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, NO_FLAGS, beginCommand } from './command-header.ts';
import type { Settle, Settlement } from './command.ts';
import { TOKEN_BYTES } from './lease-token.ts';

/** Numbers on disk: never reuse one. */
export const SettleAction = { ack: 1, release: 2, nack: 3, reject: 4, extend: 5 } as const;

/** Numbers on disk: never reuse one. */
export const SettleFlag = { delayMs: 1, reason: 2, leaseMs: 4 } as const;

const FIXED_BYTES = 2 + TOKEN_BYTES;
const DELAY_BYTES = 8;
const LEASE_BYTES = 4;

export function encodeSettle({ topic, settle }: Settle): Buffer {
  const size = fieldBytes(topic) + settlementsBytes(settle);
  const writer = beginCommand(CommandKind.settle, NO_FLAGS, size).field(topic);
  writeSettlements(writer, settle);
  return writer.finish();
}

export function settlementsBytes(settlements: readonly Settlement[]): number {
  let size = COUNT_BYTES;
  for (const settlement of settlements) size += settlementBytes(settlement);
  return size;
}

/** Their layout: `command-encoding.ts`. */
export function writeSettlements(writer: ByteWriter, settlements: readonly Settlement[]): void {
  writer.u32(settlements.length);
  for (const settlement of settlements) writeSettlement(writer, settlement);
}

function settlementBytes(settlement: Settlement): number {
  switch (settlement.action) {
    case 'ack':
    case 'release':
      return FIXED_BYTES;
    case 'nack':
      return (
        FIXED_BYTES +
        (settlement.delayMs === undefined ? 0 : DELAY_BYTES) +
        reasonBytes(settlement.reason)
      );
    case 'reject':
      return FIXED_BYTES + reasonBytes(settlement.reason);
    case 'extend':
      return FIXED_BYTES + (settlement.leaseMs === undefined ? 0 : LEASE_BYTES);
    default:
      return settlement satisfies never;
  }
}

const reasonBytes = (reason: string | undefined): number =>
  reason === undefined ? 0 : fieldBytes(reason);

function writeSettlement(writer: ByteWriter, settlement: Settlement): void {
  const { action, token } = settlement;
  assert(token.length === TOKEN_BYTES, 'a lease token has its length');
  writer.u8(SettleAction[action]).u8(flagsOf(settlement)).bytes(token);
  if (action === 'nack' && settlement.delayMs !== undefined) writer.u64(settlement.delayMs);
  if ((action === 'nack' || action === 'reject') && settlement.reason !== undefined) {
    writer.field(settlement.reason);
  }
  if (action === 'extend' && settlement.leaseMs !== undefined) writer.u32(settlement.leaseMs);
}

function flagsOf(settlement: Settlement): number {
  switch (settlement.action) {
    case 'ack':
    case 'release':
      return 0;
    case 'nack':
      return (
        (settlement.delayMs === undefined ? 0 : SettleFlag.delayMs) |
        (settlement.reason === undefined ? 0 : SettleFlag.reason)
      );
    case 'reject':
      return settlement.reason === undefined ? 0 : SettleFlag.reason;
    case 'extend':
      return settlement.leaseMs === undefined ? 0 : SettleFlag.leaseMs;
    default:
      return settlement satisfies never;
  }
}
