import { describe, expect, it } from '@jest/globals';
import { logIndex, term } from '../../src/core/numbers.ts';
import { RecordType } from '../../src/storage/records.ts';
import { DurableLog } from '../../src/testing/durable-log.ts';
import { ENTRY, frameOf, recovered } from './log-bytes.ts';

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

  it('with an empty disk takes nothing back of what the old disk had acknowledged', () => {
    const log = opened(2);
    log.forget();
    expect(log.opened(recovered(0))).toBeUndefined();
    expect(log.has(logIndex(2), term(1))).toBe(true);
    expect(log.has(logIndex(3), term(1))).toBe(false);
  });

  it('may find anything once the disk is another one, which keeps nothing until it is known', () => {
    const log = opened(2);
    log.forget();
    expect(log.has(logIndex(3), term(1))).toBe(false);
    expect(log.opened(recovered(0))).toBeUndefined();
  });
});
