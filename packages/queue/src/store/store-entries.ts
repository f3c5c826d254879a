import { keyAfter } from './store-keys.ts';
import type { RangeLimit, StoreEntry, StoreReader } from './store.ts';

/** Takes 2 to 3 ms: what else the process does waits no longer. */
const PORTION: RangeLimit = { entries: 1000, bytes: 524_288 };

/** The entries with `from <= key < to`, portion by portion; a portion is read when it is asked for. */
export function* portionsOf(
  reader: StoreReader,
  from: Buffer,
  to: Buffer,
): Generator<readonly StoreEntry[]> {
  let next = from;
  for (;;) {
    const entries = reader.range(next, to, PORTION);
    const last = entries.at(-1);
    if (last === undefined) return;
    yield entries;
    next = keyAfter(last.key);
  }
}
