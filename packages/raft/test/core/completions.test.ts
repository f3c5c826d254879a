import { describe, expect, it } from '@jest/globals';
import { logIndex, logTime, term } from '../../src/core/numbers.ts';
import { Completions } from '../../src/driver/completions.ts';

function watched(count: number): { told: string[]; dones: (() => void)[] } {
  const told: string[] = [];
  const dones = Array.from({ length: count }, (_, place) => (outcome?: { kind: string }) => {
    told.push(`${place} ${outcome?.kind}`);
  });
  return { told, dones };
}

const entry = (index: number, ofTerm: number) => ({
  index: logIndex(index),
  term: term(ofTerm),
  at: logTime(0),
});

describe('Completions', () => {
  it('tells each proposal once, though leadership is lost in the middle of its batch', () => {
    const completions = new Completions<string>();
    const { told, dones } = watched(4);
    completions.add(logIndex(4), term(2), dones);
    completions.committed(entry(4, 2), 'a');
    completions.committed(entry(5, 2), 'b');
    completions.unknownAfter(logIndex(5));
    expect(told).toEqual(['0 committed', '1 committed', '2 unknown', '3 unknown']);
    // The next leader's entries come to the same places.
    completions.committed(entry(6, 3), 'c');
    completions.committed(entry(7, 3), 'd');
    completions.unknownAll();
    expect(told).toHaveLength(4);
  });

  it('keeps those whose entries were known to be committed and are not executed yet', () => {
    const completions = new Completions<string>();
    const { told, dones } = watched(3);
    completions.add(logIndex(4), term(2), dones);
    completions.unknownAfter(logIndex(5));
    expect(told).toEqual(['2 unknown']);
    completions.committed(entry(4, 2), 'a');
    completions.committed(entry(5, 2), 'b');
    expect(told).toEqual(['2 unknown', '0 committed', '1 committed']);
  });

  it('does not know what came of entries that a snapshot took the place of', () => {
    const completions = new Completions<string>();
    const { told, dones } = watched(4);
    completions.add(logIndex(4), term(2), dones);
    completions.committed(entry(4, 2), 'a');
    completions.skipThrough(logIndex(6));
    expect(told).toEqual(['0 committed', '1 unknown', '2 unknown']);
    completions.committed(entry(7, 2), 'd');
    expect(told.at(-1)).toBe('3 committed');
    expect(completions.waiting).toBe(0);
  });

  it('crashes rather than tell somebody of an entry that replaced his own', () => {
    const completions = new Completions<string>();
    completions.add(logIndex(4), term(2), watched(1).dones);
    expect(() => completions.committed(entry(4, 3), 'x')).toThrow('replaced his own');
  });
});
