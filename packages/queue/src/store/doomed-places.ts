import { RowKind, readU64Text } from './row-keys.ts';
import { portionsOf } from './store-entries.ts';
import { kindRange } from './store-keys.ts';
import type { StoreReader } from './store.ts';

/** The places of deleted topics: what lies there are leftovers. */
export function doomedPlaces(reader: StoreReader): Set<number> {
  const places = new Set<number>();
  for (const entries of portionsOf(reader, ...kindRange(RowKind.doomed, 0))) {
    for (const { key } of entries) places.add(readU64Text(key.toString('latin1'), 1));
  }
  return places;
}
