import type { ByteReader } from '../bytes/byte-reader.ts';
import type { Receive } from './command.ts';
import { SECRET_BYTES } from './lease-token.ts';
import { LEASE_MS_MAX, LEASE_MS_MIN, MESSAGES_PER_COMMAND_MAX } from './limits.ts';
import { ReceiveFlag } from './receive-encoding.ts';
import { type DecodedSettlement, readSettlements } from './settlement-decoding.ts';

export interface DecodedReceive extends Omit<Receive, 'settle' | 'secret'> {
  readonly settle: readonly DecodedSettlement[];
  /** Of `SECRET_BYTES`. */
  readonly secret?: Buffer;
}

type Draft = { -readonly [Field in keyof DecodedReceive]: DecodedReceive[Field] };

export function readReceive(reader: ByteReader, flags: number, topic: string): DecodedReceive {
  if ((flags & ~(ReceiveFlag.leaseMs | ReceiveFlag.secret)) !== 0) reader.fail();
  const max = reader.u32Within(0, MESSAGES_PER_COMMAND_MAX);
  const settle = readSettlements(reader, reader.u32Within(0, MESSAGES_PER_COMMAND_MAX - max));
  const command: Draft = { kind: 'receive', topic, max, settle };
  if ((flags & ReceiveFlag.leaseMs) !== 0) {
    command.leaseMs = reader.u32Within(LEASE_MS_MIN, LEASE_MS_MAX);
  }
  if ((flags & ReceiveFlag.secret) !== 0) command.secret = reader.view(SECRET_BYTES);
  return command;
}
