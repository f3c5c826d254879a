import { deepEqual } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { type Change, type Store, StoreCorrupt, type StoreHost } from '@rrmq/queue';
import * as fc from 'fast-check';

/** A place where stores of one kind are kept. */
export interface StoreKit {
  /** Another host of the same place, as a new process has one. Stores of former ones are closed. */
  host(): StoreHost;
}

const NO_LIMIT = { entries: Infinity, bytes: Infinity };
const FIRST = Buffer.from([0]);
const END = Buffer.from([255, 255]);

/** Few bytes in few places, so that keys meet and are prefixes of each other. */
const someKey = fc
  .array(fc.constantFrom(1, 2, 0x7f, 0x80, 0xfe), { minLength: 1, maxLength: 3 })
  .map((bytes) => Buffer.from(bytes));
const someValue = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
const someChanges = fc.array(
  fc.record({ key: someKey, value: fc.option(someValue, { nil: undefined }) }),
  { maxLength: 12 },
);
type Step =
  { readonly kind: 'write'; readonly changes: Change[] } | { readonly kind: 'reopen' | 'look' };
const someSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('write' as const), changes: someChanges }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  ),
  { maxLength: 12 },
);

/** What a store should hold, as plainly as can be. */
export class StoreModel {
  #entries: (readonly [hex: string, value: Buffer])[] = [];

  write(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      const name = key.toString('hex');
      this.#entries = this.#entries.filter(([each]) => each !== name);
      if (value !== undefined) this.#entries.push([name, value]);
    }
    this.#entries = this.#entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  contents(from = FIRST, to = END): string[] {
    const between = this.#entries.filter(
      ([hex]) => hex >= from.toString('hex') && hex < to.toString('hex'),
    );
    return between.map(([hex, value]) => `${hex}=${value.toString('hex')}`);
  }

  copy(): StoreModel {
    const copy = new StoreModel();
    copy.#entries = [...this.#entries];
    return copy;
  }
}

export function contentsOf(reader: Pick<Store, 'range'>, from = FIRST, to = END): string[] {
  const entries = reader.range(from, to, NO_LIMIT);
  return entries.map(({ key, value }) => `${key.toString('hex')}=${value.toString('hex')}`);
}

const put = (key: number[], value: Uint8Array): Change => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

/** What is true of every store and its host. */
export function describeStore(name: string, makeKit: () => StoreKit): void {
  describe(`a store ${name}`, () => {
    it('holds what an ordered map holds, also when it is opened again and looked at before', async () => {
      await fc.assert(
        fc.asyncProperty(someSteps, someKey, someKey, async (steps, from, to) => {
          const kit = makeKit();
          let store = await kit.host().open(1);
          const model = new StoreModel();
          const looks: [() => string[], string[]][] = [];
          for (const step of steps) {
            if (step.kind === 'write') {
              model.write(step.changes);
              await store.write(step.changes).flushed;
            } else if (step.kind === 'reopen') {
              for (const [look, then] of looks.splice(0)) deepEqual(look(), then);
              await store.close();
              store = await kit.host().open(1);
            } else {
              const view = store.snapshot();
              looks.push([() => contentsOf(view), model.contents()]);
            }
            expect(contentsOf(store)).toEqual(model.contents());
          }
          for (const [look, then] of looks) expect(look()).toEqual(then);
          expect(contentsOf(store, from, to)).toEqual(model.contents(from, to));
          await store.close();
        }),
        { numRuns: 40 },
      );
    });

    it('gives values of any size, as copies', async () => {
      const store = await makeKit().host().open(1);
      const sizes = [0, 1, 100, 4000, 70_000, 3_000_000];
      await store.write(sizes.map((size, i) => put([i + 1], Buffer.alloc(size, i + 1)))).flushed;
      const values = sizes.map((_, i) => store.get(Buffer.from([i + 1])));
      expect(values.map((value) => value?.length)).toEqual(sizes);
      values[2]?.fill(0);
      expect(store.get(Buffer.from([3]))).toEqual(Buffer.alloc(100, 3));
      expect(values[5]?.equals(Buffer.alloc(3_000_000, 6))).toBe(true);
      expect(store.get(Buffer.from([9]))).toBeUndefined();
      await store.close();
    });

    it('ends a range by entries and by bytes, after one entry at least', async () => {
      const store = await makeKit().host().open(1);
      await store.write([1, 2, 3, 4].map((i) => put([i], Buffer.alloc(10, i)))).flushed;
      const count = (entries: number, bytes: number) =>
        store.range(FIRST, END, { entries, bytes }).length;
      expect([count(3, 99), count(9, 0), count(9, 10), count(9, 11), count(9, 99)]).toEqual([
        3, 1, 1, 2, 4,
      ]);
      await store.close();
    });

    it('commits writes in the order of the calls, and shows none before', async () => {
      const store = await makeKit().host().open(1);
      const key = Buffer.from([1]);
      const writes = [1, 2, 3].map((i) => store.write([put([1], Buffer.from([i]))]));
      expect(store.get(key)).toBeUndefined();
      await Promise.all(writes.map(async ({ flushed }) => flushed));
      expect(store.get(key)).toEqual(Buffer.from([3]));
      await store.close();
    });

    it('grows far beyond its first size under an open view, which stays as it was', async () => {
      const store = await makeKit().host().open(1);
      await store.write([put([1], Buffer.from('then'))]).flushed;
      const view = store.snapshot();
      for (let round = 0; round < 8; round += 1) {
        const changes = Array.from({ length: 500 }, (_, i) =>
          put([2, round, i >> 8, i & 255], Buffer.alloc(1000, round)),
        );
        await store.write([...changes, put([1], Buffer.from(`${round}`))]).flushed;
      }
      expect(contentsOf(view)).toEqual([`01=${Buffer.from('then').toString('hex')}`]);
      view.close();
      view.close();
      expect(() => view.get(Buffer.from([1]))).toThrow('closed');
      expect(contentsOf(store).length).toBe(4001);
      await store.close();
    });

    it('closes its views with it', async () => {
      const store = await makeKit().host().open(1);
      const view = store.snapshot();
      await store.close();
      expect(() => view.get(FIRST)).toThrow('closed');
      view.close();
    });

    it('keeps a received store as the next generation, and removes the one before', async () => {
      const kit = makeKit();
      const host = kit.host();
      const first = await host.open(1);
      await first.write([put([1], Buffer.from('old'))]).flushed;
      const receiving = await host.receive(2);
      await receiving.store.write([put([1], Buffer.from('new'))]).flushed;
      expect(first.get(Buffer.from([1]))).toEqual(Buffer.from('old'));
      await receiving.keep();
      await first.close();
      const second = await kit.host().open(2);
      expect(second.get(Buffer.from([1]))).toEqual(Buffer.from('new'));
      await second.close();
      const again = await kit.host().open(1);
      expect(contentsOf(again)).toEqual([]);
      await again.close();
      await expect(kit.host().open(2)).rejects.toThrow(StoreCorrupt);
    });

    it('removes what was received when another generation is in force', async () => {
      const kit = makeKit();
      const host = kit.host();
      const store = await host.open(1);
      const kept = await host.receive(2);
      await kept.keep();
      const half = await host.receive(3);
      await half.store.write([put([1], Buffer.from('half'))]).flushed;
      await half.discard();
      await store.close();
      const again = await kit.host().open(1);
      await again.close();
      await expect(kit.host().open(2)).rejects.toThrow(StoreCorrupt);
      await expect(kit.host().open(3)).rejects.toThrow(StoreCorrupt);
    });

    it('begins a received store anew', async () => {
      const host = makeKit().host();
      const store = await host.open(1);
      for (const text of ['one', 'two']) {
        const receiving = await host.receive(2);
        expect(contentsOf(receiving.store)).toEqual([]);
        await receiving.store.write([put([1], Buffer.from(text))]).flushed;
        await receiving.keep();
      }
      await store.close();
      const second = await host.open(2);
      expect(second.get(Buffer.from([1]))).toEqual(Buffer.from('two'));
      await second.close();
    });
  });
}
