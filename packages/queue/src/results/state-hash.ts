import { assert } from '@rrmq/raft';
import type { Popped, Published, QueueRefusal, QueueResult } from './result.ts';
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
    case 'published':
      return hashPublished(hash, result);
    case 'popped':
      return hashPopped(hash, result);
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
