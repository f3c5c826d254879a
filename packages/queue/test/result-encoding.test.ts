import { describe, expect, it } from '@jest/globals';
import { type Success, decodeResult, encodeResult } from '@rrmq/queue';
import * as fc from 'fast-check';
import { anyResult } from './any-result.ts';
import { damaged } from './damage.ts';
import { bytesOf } from './golden-commands.ts';
import { goldenResults } from './golden-results.ts';

/** Bytes are refused, or say a result whose only bytes they are. */
function isReadWell(bytes: Buffer): boolean {
  const result = decodeResult(bytes);
  return result === undefined || encodeResult(result).equals(bytes);
}

describe('the bytes of results', () => {
  it.each(goldenResults)('version 1 of %s stays as it is', (_, hex, _hash, result) => {
    expect(encodeResult(result).toString('hex')).toBe(bytesOf(hex).toString('hex'));
    expect(decodeResult(bytesOf(hex))).toStrictEqual(result);
  });

  it('what is encoded is decoded', () => {
    fc.assert(
      fc.property(anyResult, (result) => {
        expect(decodeResult(encodeResult(result))).toEqual(result);
      }),
      { numRuns: 500 },
    );
  });

  it('what is decoded does not change with the bytes', () => {
    const expected = goldenResults.map(([, , , result]) => result);
    const decoded = goldenResults.map(([, hex]) => {
      const bytes = bytesOf(hex);
      const result = decodeResult(bytes);
      bytes.fill(0xee);
      return result;
    });
    expect(decoded).toStrictEqual(expected);
  });

  it.each(goldenResults)('every damage to %s is refused or has a meaning of its own', (_, hex) => {
    const misread = [...damaged(bytesOf(hex))].filter((bytes) => !isReadWell(bytes));
    expect(misread.map((bytes) => bytes.toString('hex'))).toEqual([]);
  });

  it('any damage to any result is refused or has a meaning of its own', () => {
    fc.assert(
      fc.property(anyResult, fc.nat(), fc.nat({ max: 255 }), (result, place, value) => {
        const bytes = encodeResult(result);
        bytes[place % bytes.length] = value;
        expect(isReadWell(bytes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['an unknown version', '02 01 0100000000000000'],
    ['kind 0', '01 00 0100000000000000'],
    ['an unknown kind', '01 0c 0100000000000000'],
    ['a boolean of 2', `01 0a ${'0100000000000000'.repeat(2)} 0200000000000000`],
    ['an unknown code of a settlement', '01 08 0100000000000000 01000000 07'],
    ['1001 settlements', `01 08 0100000000000000 e9030000 ${'00'.repeat(1001)}`],
    [
      'an unknown flag of a message',
      `01 06 0100000000000000 10000000 ${'00'.repeat(16)} 04 00000000 00000000`,
    ],
    ['priority 10', `01 06 0100000000000000 00000000 ${'00'.repeat(16)} 0a 00000000 00000000`],
  ])('%s is no result', (_, hex) => {
    expect(decodeResult(bytesOf(hex))).toBeUndefined();
  });

  it.each<[Success]>([
    [{ ok: true, kind: 'restore-begun' }],
    [{ ok: true, kind: 'restore-chunk-taken', next: 1 }],
    [{ ok: true, kind: 'restored', topics: 1, messages: 1 }],
  ])('$kind has no bytes: nothing restores under an idempotency key', (result) => {
    expect(() => encodeResult(result)).toThrow('this is not executed');
  });
});
