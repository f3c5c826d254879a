import { assert } from '@rrmq/raft';
import type {
  Popped,
  Published,
  QueueRefusal,
  QueueResult,
  Received,
  Settled,
  SettleRefusal,
} from './result.ts';
import type { RunningHash } from './running-hash.ts';

/** Numbers in the hash: nodes of different releases compare hashes, so never change or reuse one. */
const ResultCode = {
  topicCreated: 1,
  published: 2,
  duplicate: 3,
  popped: 4,
  termStart: 5,
  restoreBegun: 6,
  restoreChunkTaken: 7,
  restored: 8,
  topicUpdated: 9,
  topicDeleted: 10,
  topicPaused: 11,
  received: 12,
  settled: 13,
  redriven: 14,
  purged: 15,
  advanced: 34,
  statesCompared: 35,
} as const;

const RefusalCode: Readonly<Record<QueueRefusal, number>> = {
  'malformed-command': 16,
  'topic-exists': 17,
  'unknown-topic': 18,
  'no-message': 19,
  'producer-gap': 20,
  'stale-producer': 21,
  restoring: 22,
  'not-empty': 23,
  'no-restore': 24,
  'restore-incomplete': 25,
  'backup-rejected': 26,
  'version-mismatch': 27,
  paused: 28,
  'topic-full': 29,
  'message-too-large': 30,
  'unknown-target': 31,
  'in-progress': 32,
  'key-reused': 33,
};

const SettledCode = { done: 1, already: 2, extended: 6, alreadyExtended: 7 } as const;
const SettleRefusalCode: Readonly<Record<SettleRefusal, number>> = {
  'invalid-token': 3,
  'lease-lost': 4,
  'settled-otherwise': 5,
};

/** Adds what came of the entry at `index`. Bodies count by their length: the log's checksums watch over the bytes. */
export function hashResult(hash: RunningHash, index: number, result: QueueResult): void {
  hash.add(index);
  if (!result.ok) {
    hash.add(RefusalCode[result.code]);
    return;
  }
  switch (result.kind) {
    case 'topic-created':
      return addAll(hash, [result.topicNumber, ResultCode.topicCreated]);
    case 'topic-updated':
      return addAll(hash, [result.topicNumber, ResultCode.topicUpdated, result.version]);
    case 'topic-deleted':
      return addAll(hash, [result.topicNumber, ResultCode.topicDeleted, result.messages]);
    case 'topic-paused':
      return addAll(hash, [result.topicNumber, ResultCode.topicPaused]);
    case 'received':
      return hashReceived(hash, result);
    case 'settled':
      hash.add(result.topicNumber);
      hash.add(ResultCode.settled);
      return hashSettled(hash, result.settled);
    case 'redriven':
      hash.add(result.topicNumber);
      return addAll(hash, [ResultCode.redriven, result.moved, result.remaining]);
    case 'purged':
      hash.add(result.topicNumber);
      return addAll(hash, [ResultCode.purged, result.purged, result.goesOn ? 1 : 0]);
    case 'advanced':
      return addAll(hash, [ResultCode.advanced, result.steps]);
    case 'published':
      return hashPublished(hash, result);
    case 'popped':
      return hashPopped(hash, result);
    case 'states-compared':
      return hash.add(ResultCode.statesCompared);
    case 'restore-begun':
      return hash.add(ResultCode.restoreBegun);
    case 'restore-chunk-taken':
      return addAll(hash, [ResultCode.restoreChunkTaken, result.next]);
    case 'restored':
      return addAll(hash, [ResultCode.restored, result.topics, result.messages]);
    default:
      return result satisfies never;
  }
}

function hashPublished(hash: RunningHash, result: Published): void {
  hash.add(result.topicNumber);
  hash.add(result.duplicate ? ResultCode.duplicate : ResultCode.published);
  hash.add(result.firstSequence);
  hash.add(result.count);
  // Not their count when there are none: so it was hashed before there were dedup ids.
  if (result.repeated.length > 0) hash.add(result.repeated.length);
  for (const { position, sequence } of result.repeated) {
    hash.add(position);
    hash.add(sequence);
  }
}

function hashReceived(hash: RunningHash, { topicNumber, settled, deliveries }: Received): void {
  hash.add(topicNumber);
  hash.add(ResultCode.received);
  hashSettled(hash, settled);
  hash.add(deliveries.length);
  for (const { message, deliveries: times, failures, leaseExpiresAt } of deliveries) {
    hash.add(message.sequence);
    hash.add(times);
    hash.add(failures);
    hash.add(leaseExpiresAt);
    hash.add(message.body.length);
  }
}

function hashSettled(hash: RunningHash, settled: readonly Settled[]): void {
  hash.add(settled.length);
  for (const each of settled) {
    if (!each.ok) hash.add(SettleRefusalCode[each.code]);
    else if (each.leaseExpiresAt === undefined) {
      hash.add(each.already ? SettledCode.already : SettledCode.done);
    } else {
      hash.add(each.already ? SettledCode.alreadyExtended : SettledCode.extended);
      hash.add(each.leaseExpiresAt);
    }
  }
}

function hashPopped(hash: RunningHash, { topicNumber, message }: Popped): void {
  hash.add(topicNumber);
  hash.add(ResultCode.popped);
  hash.add(message.sequence);
  hash.add(message.body.length);
}

function addAll(hash: RunningHash, numbers: readonly number[]): void {
  for (const number of numbers) hash.add(number);
}

export function hashTermStart(hash: RunningHash, index: number, gapMs: number): void {
  assert(gapMs >= 0, 'a leaderless gap is not negative');
  hash.add(index);
  hash.add(ResultCode.termStart);
  hash.add(gapMs);
}
