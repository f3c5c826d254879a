import { deepEqual, equal } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SortedList, byCodeUnits } from '../src/state/sorted-list.ts';

type Step = readonly ['add' | 'delete' | 'after', number];

const numbers = (a: number, b: number): number => a - b;

const someStep = fc.tuple(
  fc.constantFrom<Step[0][]>('add', 'add', 'add', 'delete', 'delete', 'after'),
  fc.nat({ max: 40 }),
);

/** What a list should be, as plainly as can be. */
function add(plain: number[], item: number): number[] {
  return plain.includes(item) ? plain : [...plain, item].toSorted(numbers);
}

function expectSame(list: SortedList<number>, plain: readonly number[]): void {
  deepEqual([...list], plain);
  equal(list.size, plain.length);
  equal(list.first, plain[0]);
}

describe('a sorted list', () => {
  it('is what a sorted array is, for any steps', () => {
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 120, size: 'max' }), (steps) => {
        const list = new SortedList(numbers);
        let plain: number[] = [];
        for (const [what, item] of steps) {
          if (what === 'add') {
            list.add(item);
            plain = add(plain, item);
          } else if (what === 'delete') {
            equal(list.delete(item), plain.includes(item));
            plain = plain.filter((each) => each !== item);
          } else
            equal(
              list.after(item),
              plain.find((each) => each > item),
            );
          expectSame(list, plain);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, (i: number) => number]>([
    ['ascending', (i) => i],
    ['descending', (i) => 10_000 - i],
    ['mixed', (i) => (i * 7919) % 10_007],
    ['from both ends', (i) => (i % 2 === 0 ? i : 10_000 - i)],
  ])('holds as many items as there are, added %s, over chunks', (_, itemAt) => {
    const list = new SortedList(numbers);
    const items = Array.from({ length: 4000 }, (__, i) => itemAt(i));
    for (const item of items) list.add(item);
    const plain = items.toSorted(numbers);
    expectSame(list, plain);
    for (const [i, item] of plain.entries()) {
      equal(list.after(item), plain[i + 1]);
      equal(list.after(item - 0.5), item);
    }
    const kept = plain.filter((_item, i) => i % 3 === 1);
    for (const [i, item] of plain.entries()) if (i % 3 !== 1) equal(list.delete(item), true);
    expectSame(list, kept);
    for (const [i, item] of plain.entries()) if (i % 3 === 0) list.add(item);
    expectSame(
      list,
      plain.filter((_item, i) => i % 3 !== 2),
    );
  });

  it('is empty again once all is deleted, from the front as a queue', () => {
    const list = new SortedList(numbers);
    for (let i = 0; i < 3000; i += 1) list.add(i);
    for (let i = 0; i < 3000; i += 1) {
      equal(list.first, i);
      list.delete(i);
    }
    expectSame(list, []);
    list.add(5);
    expectSame(list, [5]);
  });

  it('has keys in the order of their bytes', () => {
    const list = new SortedList(byCodeUnits);
    for (const text of ['é', 'a', 'ÿ', 'b', 'Z', 'aa', '']) list.add(text);
    expect([...list]).toEqual(['', 'Z', 'a', 'aa', 'b', 'é', 'ÿ']);
  });
});
