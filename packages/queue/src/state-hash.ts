import { assert } from '@rrmq/raft';
import type { QueueRefusal, QueueResult } from './result.ts';
import type { RunningHash } from './running-hash.ts';

/** Numbers in the hash: nodes of different releases compare hashes, so never change or reuse one. */
const ResultCode = {
  topicCreated: 1,
  published: 2,
  duplicate: 3,
  popped: 4,
  termStart: 5,
} as const;

const RefusalCode: Readonly<Record<QueueRefusal, number>> = {
  'malformed-command': 16,
  'topic-exists': 17,
  'unknown-topic': 18,
  'no-message': 19,
  'producer-gap': 20,
  'stale-producer': 21,
};

/** Adds what came of the entry at `index`. Bodies count by their length: the log's checksums watch over the bytes. */
export function hashResult(hash: RunningHash, index: number, result: QueueResult): void {
  hash.add(index);
  if (!result.ok) {
    hash.add(RefusalCode[result.code]);
    return;
  }
  hash.add(result.topicNumber);
  switch (result.kind) {
    case 'topic-created':
      return hash.add(ResultCode.topicCreated);
    case 'published':
      hash.add(result.duplicate ? ResultCode.duplicate : ResultCode.published);
      hash.add(result.firstSequence);
      return hash.add(result.count);
    case 'popped':
      hash.add(ResultCode.popped);
      hash.add(result.message.sequence);
      return hash.add(result.message.body.length);
    default:
      return result satisfies never;
  }
}

export function hashTermStart(hash: RunningHash, index: number, gapMs: number): void {
  assert(gapMs >= 0, 'a leaderless gap is not negative');
  hash.add(index);
  hash.add(ResultCode.termStart);
  hash.add(gapMs);
}
