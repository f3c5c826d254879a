import { describe, expect, it } from '@jest/globals';
import { accountFor, isClean, Ledger } from '../src/traffic/ledger.ts';

/** Messages `t:0` to `t:4`: acked, acked, unknown, refused, acked. */
function makeLedger(): Ledger {
  const ledger = new Ledger('t');
  for (const fate of ['acked', 'acked', 'unknown', 'refused', 'acked'] as const) {
    ledger.settle(ledger.enter(), fate);
  }
  return ledger;
}

describe('the account of a producer', () => {
  it.each([
    ['without the message of unknown outcome', ['t:0', 't:1', 't:4'], 0],
    ['with it', ['t:0', 't:1', 't:2', 't:4'], 1],
    ['with it late, since nothing was promised of its place', ['t:0', 't:1', 't:4', 't:2'], 1],
  ])('is clean %s', (_which, popped, unknownPopped) => {
    const account = accountFor(makeLedger(), popped);
    expect(isClean(account)).toBe(true);
    expect(account).toMatchObject({ acked: 3, unknown: 1, refused: 1, unknownPopped });
    expect(account.popped).toBe(popped.length);
  });

  it.each([
    ['lost', 'an acked message that is not there', ['t:0', 't:4'], ['t:1']],
    ['duplicated', 'one that comes twice', ['t:0', 't:1', 't:4', 't:1'], ['t:1']],
    ['duplicated', 'two of unknown outcome', ['t:0', 't:1', 't:2', 't:2', 't:4'], ['t:2']],
    ['invented', 'one that was never sent', ['t:0', 't:1', 't:4', 't:9'], ['t:9']],
    ['invented', 'one that was refused', ['t:0', 't:1', 't:3', 't:4'], ['t:3']],
    ['misplaced', 'an acked one after a later one', ['t:0', 't:4', 't:1'], ['t:1']],
  ] as const)('names as %s %s', (kind, _what, popped, named) => {
    const account = accountFor(makeLedger(), popped);
    expect(account[kind]).toEqual(named);
    expect(isClean(account)).toBe(false);
  });

  it('takes a publish that never settled for one of unknown outcome', () => {
    const ledger = new Ledger('t');
    ledger.enter();
    expect(accountFor(ledger, ['t:0'])).toMatchObject({ unknown: 1, unknownPopped: 1, lost: [] });
    expect(isClean(accountFor(ledger, []))).toBe(true);
  });
});
