import { assert } from '@rrmq/raft';
import { COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { CommandKind, beginCommand } from './command-header.ts';
import type { Receive } from './command.ts';
import { SECRET_BYTES } from './lease-token.ts';
import { settlementsBytes, writeSettlements } from './settlement-encoding.ts';

/** Numbers on disk: never reuse one. */
export const ReceiveFlag = { leaseMs: 1, secret: 2 } as const;

const LEASE_BYTES = 4;

export function encodeReceive({ topic, max, leaseMs, settle, secret }: Receive): Buffer {
  assert(secret === undefined || secret.length === SECRET_BYTES, 'a secret has its length');
  const flags =
    (leaseMs === undefined ? 0 : ReceiveFlag.leaseMs) |
    (secret === undefined ? 0 : ReceiveFlag.secret);
  const size =
    fieldBytes(topic) +
    COUNT_BYTES +
    settlementsBytes(settle) +
    (leaseMs === undefined ? 0 : LEASE_BYTES) +
    (secret === undefined ? 0 : SECRET_BYTES);
  const writer = beginCommand(CommandKind.receive, flags, size).field(topic).u32(max);
  writeSettlements(writer, settle);
  if (leaseMs !== undefined) writer.u32(leaseMs);
  if (secret !== undefined) writer.bytes(secret);
  return writer.finish();
}
