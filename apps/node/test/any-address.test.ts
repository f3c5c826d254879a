import { describe, expect, it } from '@jest/globals';
import { isAnyAddress } from '../src/any-address.ts';

describe('an address that stands for all of a machine', () => {
  it.each(['0.0.0.0', '::', '0', '0:0:0:0:0:0:0:0'])('%s is one', (ip) => {
    expect(isAnyAddress(ip)).toBe(true);
  });

  it.each(['127.0.0.1', '::1', '10.0.0.1', 'a', 'f00'])('%s is none', (ip) => {
    expect(isAnyAddress(ip)).toBe(false);
  });
});
