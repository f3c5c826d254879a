import { describe, expect, it } from '@jest/globals';
import { type QueueRefusal, type QueueResult, refused } from '../src/results/result.ts';
import { RunningHash } from '../src/results/running-hash.ts';
import { hashResult, hashTermStart } from '../src/results/state-hash.ts';
import { goldenResults } from './golden-results.ts';

const ENTRY = 7;

function hashOf(result: QueueResult): number {
  const hash = new RunningHash();
  hashResult(hash, ENTRY, result);
  return hash.value;
}

/** Nodes of different releases compare these: add rows, never change one. */
const refusals: Readonly<Record<QueueRefusal, number>> = {
  'malformed-command': 4825674408473619,
  'topic-exists': 7753100993103432,
  'unknown-topic': 8437904098054304,
  'no-message': 2187002753077977,
  'producer-gap': 6896451957455605,
  'stale-producer': 889311492922457,
  restoring: 1211520560936058,
  'not-empty': 4062990667901363,
  'no-restore': 602213779816535,
  'restore-incomplete': 3444277893702159,
  'backup-rejected': 4176372878645710,
  'version-mismatch': 7025433499594914,
  paused: 3195070382180409,
  'topic-full': 6095322717223842,
  'message-too-large': 6366825406096800,
  'unknown-target': 407367665276240,
  'in-progress': 723707222107263,
  'key-reused': 2470735060372457,
};

const restores: [QueueResult & { ok: true }, number][] = [
  [{ ok: true, kind: 'restore-begun' }, 640518024060274],
  [{ ok: true, kind: 'restore-chunk-taken', next: 3 }, 5531253350547126],
  [{ ok: true, kind: 'restored', topics: 2, messages: 5 }, 1094171776293968],
];

describe('the hash of results', () => {
  it.each(goldenResults)('of %s stays as it is', (_, _hex, hash, result) => {
    expect(hashOf(result)).toBe(hash);
  });

  it.each(restores)('of $kind stays as it is', (result, hash) => {
    expect(hashOf(result)).toBe(hash);
  });

  it.each(Object.entries(refusals))('of %s stays as it is', (code, hash) => {
    expect(hashOf(refused(code as QueueRefusal))).toBe(hash);
  });

  it('of the start of a term stays as it is', () => {
    const hash = new RunningHash();
    hashTermStart(hash, ENTRY, 0x1_0000_0009);
    expect(hash.value).toBe(3781261532572230);
  });

  it('tells when the lease of a delivery, or an extended one, ends', () => {
    const settled = (leaseExpiresAt: number) =>
      hashOf({
        ok: true,
        kind: 'settled',
        topicNumber: 1,
        settled: [{ ok: true, already: false, leaseExpiresAt }],
      });
    expect(settled(5000)).not.toBe(settled(5001));
  });
});
