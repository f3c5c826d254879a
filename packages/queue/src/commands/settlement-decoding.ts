import type { ByteReader } from '../bytes/byte-reader.ts';
import type { Settle, Settlement } from './command.ts';
import { TOKEN_BYTES } from './lease-token.ts';
import {
  DELAY_MS_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  MESSAGES_PER_COMMAND_MAX,
  REASON_BYTES_MAX,
} from './limits.ts';
import { SettleAction, SettleFlag } from './settlement-encoding.ts';

/** A settlement with all fields there, `undefined` where absent, so that all have one shape. */
export interface DecodedSettlement {
  readonly action: Settlement['action'];
  /** A view, of `TOKEN_BYTES`. */
  readonly token: Buffer;
  /** Of a nack. */
  readonly delayMs: number | undefined;
  /** Of a nack or a reject. */
  readonly reason: string | undefined;
  /** Of an extend. */
  readonly leaseMs: number | undefined;
}

export interface DecodedSettle extends Omit<Settle, 'settle'> {
  readonly settle: readonly DecodedSettlement[];
}

export function readSettle(reader: ByteReader, topic: string): DecodedSettle {
  const count = reader.u32Within(1, MESSAGES_PER_COMMAND_MAX);
  return { kind: 'settle', topic, settle: readSettlements(reader, count) };
}

/** So many of them. */
export function readSettlements(reader: ByteReader, count: number): DecodedSettlement[] {
  const settlements: DecodedSettlement[] = [];
  while (settlements.length < count && !reader.failed) settlements.push(readSettlement(reader));
  return settlements;
}

function readSettlement(reader: ByteReader): DecodedSettlement {
  const action = readAction(reader);
  const flags = reader.u8();
  if ((flags & ~flagsOf(action)) !== 0) reader.fail();
  return {
    action,
    token: reader.view(TOKEN_BYTES),
    delayMs: (flags & SettleFlag.delayMs) === 0 ? undefined : reader.u64Within(0, DELAY_MS_MAX),
    reason: (flags & SettleFlag.reason) === 0 ? undefined : reader.textWithin(0, REASON_BYTES_MAX),
    leaseMs:
      (flags & SettleFlag.leaseMs) === 0 ? undefined : reader.u32Within(LEASE_MS_MIN, LEASE_MS_MAX),
  };
}

function readAction(reader: ByteReader): Settlement['action'] {
  switch (reader.u8()) {
    case SettleAction.ack:
      return 'ack';
    case SettleAction.release:
      return 'release';
    case SettleAction.nack:
      return 'nack';
    case SettleAction.reject:
      return 'reject';
    case SettleAction.extend:
      return 'extend';
    default:
      reader.fail();
      return 'ack';
  }
}

/** The flags that an action may have. */
function flagsOf(action: Settlement['action']): number {
  switch (action) {
    case 'ack':
    case 'release':
      return 0;
    case 'nack':
      return SettleFlag.delayMs | SettleFlag.reason;
    case 'reject':
      return SettleFlag.reason;
    case 'extend':
      return SettleFlag.leaseMs;
    default:
      return action satisfies never;
  }
}
