import { describe, expect, it } from '@jest/globals';
import { sipHash } from '@rrmq/queue';
import * as fc from 'fast-check';
import { sipHash24 } from './reference/sip-hash.ts';

const upTo = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, at) => at));

describe('SipHash-2-4', () => {
  it.each([
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [2, '0d6c8009d9a94f5a'],
    [3, '85676696d7fb7e2d'],
    [4, 'cf2794e0277187b7'],
    [7, 'ab0200f58b01d137'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
  ])('of %i bytes is that of its authors', (count, expected) => {
    const { high, low } = sipHash(upTo(16), Buffer.concat([upTo(count), upTo(9)]), count);
    expect(((BigInt(high) << 32n) | BigInt(low)).toString(16).padStart(16, '0')).toBe(expected);
  });

  it('of any bytes, with any key, is that of the paper', () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 300 }), (secret, data) => {
        const [keyBytes, bytes] = [Buffer.from(secret), Buffer.from(data)];
        const { high, low } = sipHash(keyBytes, bytes, bytes.length);
        expect((BigInt(high) << 32n) | BigInt(low)).toBe(sipHash24(keyBytes, bytes));
      }),
    );
  });
});
