import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { checksumOf } from '../src/bytes/checksum.ts';

describe('a checksum', () => {
  it('is the crc32 of zlib, for any part of any bytes, behind any others', () => {
    const someCase = fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.nat(300),
      fc.nat(300),
      fc.uint8Array({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(someCase, ([array, a, b, earlier]) => {
        const bytes = Buffer.from(array);
        const start = a % bytes.length;
        const end = start + 1 + (b % (bytes.length - start));
        const before = crc32(earlier);
        expect(checksumOf(bytes, start, end, before)).toBe(
          crc32(bytes.subarray(start, end), before),
        );
      }),
    );
  });
});
