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
    reads.offer(0, (id) => void ids.push(id));
    expect(ids).toEqual([1]);
    reads.confirmed(1, logIndex(7), 0);
    reads.applied(logIndex(6));
    expect(told).toEqual([]);
    reads.applied(logIndex(7));
    reads.applied(logIndex(8));
    expect(told).toEqual(['a ready', 'b ready']);
  });

  it('a read that the core refuses is refused for its reason', () => {
    const { reads, told, ask } = bench();
    ask('a');
    reads.offer(0, () => 'unconfirmed');
    expect(told).toEqual(['a unconfirmed']);
  });

  it('leadership lost: what no quorum confirmed is refused, and a late answer changes nothing', () => {
    const { reads, told, ask } = bench();
    ask('a');
    reads.offer(0, () => undefined);
    ask('b');
    reads.offer(0, () => undefined);
    reads.confirmed(1, logIndex(5), 0);
    reads.refused(2, 'not-leader');
    reads.confirmed(2, logIndex(5), 0);
    reads.applied(logIndex(9));
    expect(told).toEqual(['b not-leader', 'a ready']);
  });

  it('a read whose entries are not executed is refused after ten seconds', () => {
    const { reads, told, ask } = bench();
    ask('a');
    reads.offer(0, () => undefined);
    reads.confirmed(1, logIndex(5), 100);
    reads.offer(10_099, () => undefined);
    expect([told, reads.waiting]).toEqual([[], 1]);
    reads.offer(10_100, () => undefined);
    expect([told, reads.waiting]).toEqual([['a overloaded'], 0]);
  });

  it('a node that stops refuses all reads, wherever they are, once', () => {
    const { reads, told, ask } = bench();
    ask('confirmed');
    reads.offer(0, () => undefined);
    reads.confirmed(1, logIndex(5), 0);
    ask('offered');
    reads.offer(0, () => undefined);
    ask('asked');
    reads.refuseAll('stopping');
    reads.refuseAll('stopping');
    reads.applied(logIndex(9));
    expect(told.toSorted()).toEqual(['asked stopping', 'confirmed stopping', 'offered stopping']);
  });
});
