import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import { logIndex, logTime, term } from '../../src/core/numbers.ts';

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 });

function encode(contents: readonly Uint8Array[]): EntryBatch {
  const header = { groupId: 1, first: logIndex(7), term: term(3), at: logTime(1_700_000_000_123) };
  return EntryBatch.encode({ ...header, type: EntryType.command }, contents);
}

const contentsOf = (batch: EntryBatch): string[] =>
  [...batch].map(({ index, payload }) => `${index}:${payload.toString('hex')}`);

describe('EntryBatch', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(payloads, (contents) => {
        const batch = encode(contents);
        const decoded = EntryBatch.decode(Buffer.from(batch.bytes), batch.count);
        expect(decoded && contentsOf(decoded)).toEqual(contentsOf(batch));
        expect(decoded?.atOf(logIndex(7))).toBe(1_700_000_000_123);
      }),
    );
  });

  it('a slice holds just its entries, and decodes', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.nat(), (contents, a, b) => {
        const batch = encode(contents);
        const [from, through] = [a % batch.count, b % batch.count].toSorted((x, y) => x - y);
        const first = logIndex(7 + (from ?? 0));
        const last = logIndex(7 + (through ?? 0));
        const slice = batch.slice(first, last);
        expect(contentsOf(slice)).toEqual(contentsOf(batch).slice(from, (through ?? 0) + 1));
        expect(EntryBatch.decode(slice.bytes, slice.count)).toBeDefined();
      }),
    );
  });

  it('a prefix is the longest that fits, and never empty', () => {
    fc.assert(
      fc.property(payloads, fc.nat({ max: 4_000 }), (contents, maxBytes) => {
        const batch = encode(contents);
        const prefix = batch.prefix(maxBytes);
        expect(prefix.first).toBe(batch.first);
        expect(prefix.count === 1 || prefix.byteLength <= maxBytes).toBe(true);
        const isAll = prefix.last === batch.last;
        const longer = isAll ? prefix : batch.slice(batch.first, logIndex(prefix.last + 1));
        expect(isAll || longer.byteLength > maxBytes).toBe(true);
      }),
    );
  });

  it('refuses every flipped bit of a payload, and every other count and length', () => {
    const batch = encode([Buffer.from('one'), Buffer.from('two')]);
    for (let offset = 80; offset < batch.byteLength; offset += 1) {
      const bytes = Buffer.from(batch.bytes);
      bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
      expect(EntryBatch.decode(bytes, 2)).toBeUndefined();
    }
    expect(EntryBatch.decode(Buffer.from(batch.bytes), 1)).toBeUndefined();
    expect(EntryBatch.decode(Buffer.from(batch.bytes), 3)).toBeUndefined();
    expect(EntryBatch.decode(batch.bytes.subarray(0, -1), 2)).toBeUndefined();
    expect(EntryBatch.decode(Buffer.alloc(0), 0)).toBeUndefined();
  });
});
