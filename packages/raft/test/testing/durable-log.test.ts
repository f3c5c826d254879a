import { describe, expect, it } from '@jest/globals';
import { RECORD_HEADER_BYTES, writeRecordHeader } from '../../src/core/entry-batch.ts';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import { recordOffset, sealFrame, sectorAligned } from '../../src/storage/frame.ts';
import { RecordType } from '../../src/storage/records.ts';
import type { Recovered } from '../../src/storage/recovered.ts';
import { DurableLog } from '../../src/testing/durable-log.ts';

const ENTRY = 2;
const NOTHING = Buffer.alloc(0);

/** The bytes of one write: [type, index, term] of each record. */
function frameOf(...records: readonly (readonly [number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(recordOffset(0) + records.length * RECORD_HEADER_BYTES);
  for (const [place, [type, index, ofTerm]] of records.entries()) {
    const header = { type, groupId: 1, index, term: ofTerm, at: 0 };
    writeRecordHeader(bytes, recordOffset(place), header, NOTHING);
  }
  sealFrame(bytes, records.length, { salt: 1, sequence: 1, chain: 0 });
  return Buffer.concat([bytes, Buffer.alloc(sectorAligned(bytes.length) - bytes.length)]);
}

/** A log of so many entries, all of one term. */
function recovered(last: number, ofTerm = 1, vote = 0): Recovered {
  return {
    identity: { clusterId: 'c', clusterEpoch: 1, instanceId: 'i', nodeId: nodeId(1) },
    incarnation: incarnation(1),
    hardState: { term: term(ofTerm), vote: nodeId(vote) },
    mark: undefined,
    configurations: [],
    peers: new Map(),
    clean: false,
    tornBytes: 0,
    compacted: logIndex(0),
    compactedTerm: term(0),
    last: logIndex(last),
    lastAt: logTime(0),
    termRuns: last === 0 ? [] : [{ first: logIndex(1), term: term(ofTerm) }],
  };
}

function opened(last: number): DurableLog {
  const log = new DurableLog();
  expect(log.opened(recovered(last))).toBeUndefined();
  return log;
}

describe('what a disk certainly keeps', () => {
  it('is an entry from the end of its write on, and not before', () => {
    const log = opened(2);
    const durable = log.append(frameOf([ENTRY, 3, 1]));
    expect(log.has(logIndex(3), term(1))).toBe(false);
    durable();
    expect(log.has(logIndex(3), term(1))).toBe(true);
    expect(log.has(logIndex(3), term(2))).toBe(false);
  });

  it('is a term with its vote', () => {
    const log = opened(0);
    log.append(frameOf([RecordType.hardState, 2, 7]))();
    expect([log.term, log.vote]).toEqual([7, 2]);
  });

  it('is not what was truncated', () => {
    const log = opened(3);
    log.append(frameOf([RecordType.truncation, 1, 0], [ENTRY, 2, 2]))();
    expect(log.has(logIndex(2), term(1))).toBe(false);
    expect(log.has(logIndex(2), term(2))).toBe(true);
    expect(log.has(logIndex(3), term(1))).toBe(false);
  });
});

describe('a restart', () => {
  it('finds the write that was under way, or finds it not', () => {
    for (const last of [2, 3]) {
      const log = opened(2);
      log.append(frameOf([ENTRY, 3, 1]));
      log.close();
      expect(log.opened(recovered(last))).toBeUndefined();
    }
  });

  it.each([
    ['an entry', recovered(1), 'last 1 in the place of 2'],
    ['a vote', recovered(2, 1, 2), 'term 1 with vote 2 in the place of 1 and 0'],
    ['entries', { ...recovered(2), termRuns: [] }, 'entry 1 of term undefined in the place of 1'],
  ])('that lost %s is found out', (_, found, words) => {
    const log = opened(2);
    log.close();
    expect(log.opened(found)).toBe(words);
  });

  it('may find anything once somebody changed the disk', () => {
    const log = opened(2);
    log.forget();
    expect(log.has(logIndex(9), term(9))).toBe(true);
    expect(log.opened(recovered(0))).toBeUndefined();
  });
});
