import { equal } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { MemoryStoreHost } from '@rrmq/queue';
import * as fc from 'fast-check';
import { Arena } from '../src/bytes/arena.ts';
import { Rows } from '../src/state/rows.ts';
import { SettledAs, Settlements } from '../src/state/settlements.ts';
import { RowKind, placePrefix } from '../src/store/row-keys.ts';

const REMEMBERED = 100_000;
const PAGE = 256;
const kinds = Object.values(SettledAs);
const howOf = (i: number): SettledAs => kinds[i % kinds.length] ?? SettledAs.ack;

async function begin() {
  const store = await new MemoryStoreHost().open(1);
  const rows = new Rows(store);
  const flush = async (settlements: Settlements): Promise<void> => {
    settlements.save();
    await store.write(rows.take(new Arena())).flushed;
    rows.taken();
  };
  const pages = (): number => {
    const from = Buffer.from(placePrefix(RowKind.settlements, 0), 'latin1');
    return store.range(from, Buffer.from([16]), { entries: Infinity, bytes: Infinity }).length;
  };
  return { rows, flush, pages };
}

describe('settlements', () => {
  it('are found as they were, whatever flushes and reloads come between', async () => {
    const someAdds = fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 300 }),
        event: fc.constantFrom('nothing', 'flush', 'reload'),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(someAdds, async (adds) => {
        const { rows, flush } = await begin();
        let settlements = new Settlements(rows, 1, 0);
        let added = 0;
        for (const { count, event } of adds) {
          for (let i = 0; i < count; i += 1) {
            // Sequences go up and down.
            settlements.add(added ^ 7, 1 + (added % 3), howOf(added));
            added += 1;
          }
          if (event !== 'nothing') await flush(settlements);
          if (event === 'reload') settlements = new Settlements(rows, 1, settlements.count);
          for (let each = 0; each < added; each += 37) {
            equal(settlements.find(each ^ 7, 1 + (each % 3)), howOf(each));
            equal(settlements.find(each ^ 7, 9), undefined);
          }
        }
        expect(settlements.count).toBe(added);
      }),
      { numRuns: 60 },
    );
  });

  it('find the last one of a delivery, and tell sequences beyond 2^32 apart', async () => {
    const settlements = new Settlements((await begin()).rows, 1, 0);
    const large = 2 ** 32 + 5;
    settlements.add(5, 1, SettledAs.nack);
    settlements.add(large, 1, SettledAs.reject);
    settlements.add(5, 1, SettledAs.ack);
    expect(settlements.find(5, 1)).toBe(SettledAs.ack);
    expect(settlements.find(large, 1)).toBe(SettledAs.reject);
    expect(settlements.find(large + 2 ** 32, 1)).toBeUndefined();
  });

  it('remember exactly the last 100,000, and keep no page that is not needed', async () => {
    const { rows, flush, pages } = await begin();
    const settlements = new Settlements(rows, 1, 0);
    const all = REMEMBERED + 3 * PAGE + 10;
    for (let i = 0; i < all; i += 1) settlements.add(i, 1, howOf(i));
    await flush(settlements);
    const oldest = all - REMEMBERED;
    for (const each of [settlements, new Settlements(rows, 1, all)]) {
      expect(each.find(oldest - 1, 1)).toBeUndefined();
      expect(each.find(oldest, 1)).toBe(howOf(oldest));
      expect(each.find(all - 1, 1)).toBe(howOf(all - 1));
    }
    expect(pages()).toBeLessThanOrEqual(Math.ceil(REMEMBERED / PAGE) + 2);
  });
});
