import { describe, expect, it } from '@jest/globals';
import { logIndex } from '../../src/core/numbers.ts';
import type { ReadOutcome } from '../../src/driver/group.ts';
import { Reads } from '../../src/driver/reads.ts';

function bench() {
  const reads = new Reads();
  const told: string[] = [];
  const ask = (name: string): void =>
    reads.ask((outcome: ReadOutcome) => {
      told.push(`${name} ${outcome.kind === 'ready' ? 'ready' : outcome.reason}`);
    });
  return { reads, told, ask };
}

describe('reads', () => {
  it('the reads of one turn share one question, and wait until enough is applied', () => {
    const { reads, told, ask } = bench();
    const ids: number[] = [];
    ask('a');
    ask('b');
    reads.offer((id) => void ids.push(id));
    expect(ids).toEqual([1]);
    reads.confirmed(1, logIndex(7));
    reads.applied(logIndex(6));
    expect(told).toEqual([]);
    reads.applied(logIndex(7));
    reads.applied(logIndex(8));
    expect(told).toEqual(['a ready', 'b ready']);
  });

  it('a read that the core refuses is refused for its reason', () => {
    const { reads, told, ask } = bench();
    ask('a');
    reads.offer(() => 'unconfirmed');
    expect(told).toEqual(['a unconfirmed']);
  });

  it('leadership lost: what no quorum confirmed is refused, and a late answer changes nothing', () => {
    const { reads, told, ask } = bench();
    ask('a');
    reads.offer(() => undefined);
    ask('b');
    reads.offer(() => undefined);
    reads.confirmed(1, logIndex(5));
    reads.refused(2, 'not-leader');
    reads.confirmed(2, logIndex(5));
    reads.applied(logIndex(9));
    expect(told).toEqual(['b not-leader', 'a ready']);
  });

  it('a node that stops refuses all reads, wherever they are, once', () => {
    const { reads, told, ask } = bench();
    ask('confirmed');
    reads.offer(() => undefined);
    reads.confirmed(1, logIndex(5));
    ask('offered');
    reads.offer(() => undefined);
    ask('asked');
    reads.refuseAll('stopping');
    reads.refuseAll('stopping');
    reads.applied(logIndex(9));
    expect(told.toSorted()).toEqual(['asked stopping', 'confirmed stopping', 'offered stopping']);
  });
});
