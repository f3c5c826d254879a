import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import { Silence } from '../../src/driver/silence.ts';

const [two, three] = [nodeId(2), nodeId(3)];

describe('silence', () => {
  it('a stream that looks open and brings nothing is reported once in each limit', () => {
    const silence = new Silence(1_000);
    silence.opened(two, 0);
    silence.opened(three, 0);
    silence.heard(three, 500);
    expect(silence.overdue(999)).toEqual([]);
    expect(silence.overdue(1_100)).toEqual([two]);
    expect(silence.overdue(1_200)).toEqual([]);
    expect(silence.overdue(1_600)).toEqual([three]);
    expect(silence.overdue(2_200)).toEqual([two]);
  });

  it('a closed stream is not missed, nor is one that was never opened', () => {
    const silence = new Silence(1_000);
    silence.opened(two, 0);
    silence.closed(two);
    silence.heard(three, 0);
    expect(silence.overdue(5_000)).toEqual([]);
  });

  it('nobody is blamed for the time in which nobody was asked', () => {
    const silence = new Silence(1_000);
    silence.opened(two, 0);
    silence.excuse(900);
    expect(silence.overdue(1_800)).toEqual([]);
    expect(silence.overdue(1_950)).toEqual([two]);
  });
});
