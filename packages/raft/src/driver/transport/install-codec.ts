import { logIndex, logTime, term } from '../../core/numbers.ts';
import type { InstallReply, InstallSnapshot } from '../../core/rpc.ts';
import {
  BODY,
  type Envelope,
  Flag,
  areSafe,
  field,
  hasFields,
  hasFlag,
  owned,
} from './rpc-fields.ts';

/**
 * The body of install-snapshot; its data is what is left of the frame:
 *
 *   | id, index, term, at, configurationIndex, chunk: u64 each | bytes u32 | configuration | data |
 *
 * and of install-reply: | snapshotId, next, status: u64 each |.
 */
const FIELDS = 6;
const CONFIGURATION = BODY + FIELDS * 8;

/** The length of a configuration, ahead of it. */
export const CONFIGURATION_LENGTH_BYTES = 4;

/**
 * The longest frame of a snapshot, without its length. A chunk has at most 256 KiB, a configuration of a hundred members
 * some 20 KiB; this leaves room for both to grow, and two of them on their way are little.
 */
export const INSTALL_BYTES_MAX = 1024 * 1024;

/** Never reuse a number. */
const STATUSES = { more: 1, installed: 2, refused: 3 } as const;

export function installFields({ snapshot, chunk }: InstallSnapshot): readonly number[] {
  const { id, index, term: ofTerm, at, configurationIndex } = snapshot;
  return [id, index, ofTerm, at, configurationIndex, chunk];
}

export const installReplyFields = (rpc: InstallReply): readonly number[] => [
  rpc.snapshotId,
  rpc.next,
  STATUSES[rpc.status],
];

/** `undefined` when the body is malformed. */
export function decodeInstall(frame: Buffer, envelope: Envelope): InstallSnapshot | undefined {
  const start = CONFIGURATION + CONFIGURATION_LENGTH_BYTES;
  if (frame.length < start || frame.length > INSTALL_BYTES_MAX) return undefined;
  const end = start + frame.readUInt32LE(CONFIGURATION);
  if (end > frame.length || !areSafe(frame, FIELDS)) return undefined;
  const snapshot = {
    id: field(frame, 0),
    index: logIndex(field(frame, 1)),
    term: term(field(frame, 2)),
    at: logTime(field(frame, 3)),
    configuration: owned(frame.subarray(start, end)),
    configurationIndex: logIndex(field(frame, 4)),
  };
  const isPlausible =
    snapshot.term <= envelope.term && snapshot.configurationIndex <= snapshot.index;
  if (!isPlausible) return undefined;
  return {
    kind: 'install-snapshot',
    ...envelope,
    snapshot,
    chunk: field(frame, 5),
    last: hasFlag(frame, Flag.last),
    data: owned(frame.subarray(end)),
  };
}

/** `undefined` when the body is malformed. */
export function decodeInstallReply(frame: Buffer, envelope: Envelope): InstallReply | undefined {
  if (!hasFields(frame, 3)) return undefined;
  const number = field(frame, 2);
  const status = (Object.keys(STATUSES) as InstallReply['status'][]).find(
    (name) => STATUSES[name] === number,
  );
  if (status === undefined) return undefined;
  const [snapshotId, next] = [field(frame, 0), field(frame, 1)];
  return { kind: 'install-reply', ...envelope, snapshotId, status, next };
}
