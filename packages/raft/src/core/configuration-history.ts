import { assert } from './assert.ts';
import type { Configuration, Member } from './configuration.ts';
import type { LogIndex, NodeId } from './numbers.ts';
import { isVoter } from './quorum.ts';

/** A configuration and the entry that brought it; index 0: told to a node when it joined, before it had an entry. */
export interface PlacedConfiguration {
  readonly index: LogIndex;
  readonly configuration: Configuration;
}

/**
 * The configurations that the log may still need, oldest first and never none: the one in force at the compacted index,
 * and all later ones. The newest is in force from the moment it is appended (§6), and rolls back when it is truncated.
 */
export class ConfigurationHistory {
  #placed: PlacedConfiguration[];

  constructor(placed: readonly PlacedConfiguration[]) {
    assert(placed.length > 0, 'a node knows a configuration');
    this.#placed = [...placed];
  }

  get newest(): PlacedConfiguration {
    const newest = this.#placed.at(-1);
    assert(newest !== undefined, 'the first configuration is never truncated');
    return newest;
  }

  /** The one in force at `index`. */
  at(index: LogIndex): PlacedConfiguration {
    const found = this.#placed.findLast((placed) => placed.index <= index);
    assert(found !== undefined, 'the configuration at the compacted index is known');
    return found;
  }

  /** The members of the one in force at `index`, if it is still known, and of all later ones. */
  membersSince(index: LogIndex): readonly Member[] {
    const first = this.#placed.findLast((placed) => placed.index <= index)?.index ?? 0;
    const members = new Map<NodeId, Member>();
    for (const { index: place, configuration } of this.#placed) {
      if (place < first) continue;
      for (const member of configuration.members) members.set(member.id, member);
    }
    return [...members.values()];
  }

  /** Whether a node votes in the one in force at `index`, or in a later one. */
  wasVoterSince(index: LogIndex, id: NodeId): boolean {
    const first = this.#placed.findLast((placed) => placed.index <= index)?.index ?? 0;
    return this.#placed.some(
      (placed) => placed.index >= first && isVoter(placed.configuration, id),
    );
  }

  add(placed: PlacedConfiguration): void {
    assert(placed.index > this.newest.index, 'configurations come in the order of the log');
    this.#placed.push(placed);
  }

  truncateAfter(index: LogIndex): void {
    while (this.newest.index > index) this.#placed.pop();
  }

  /** Entries through `index` are no longer in the log. */
  compactThrough(index: LogIndex): void {
    const first = this.#placed.findLastIndex((placed) => placed.index <= index);
    if (first > 0) this.#placed = this.#placed.slice(first);
  }

  /** A snapshot at `through` brought `placed`; what came later stays if its entries do. */
  replace(placed: PlacedConfiguration, through: LogIndex, keepsSuffix: boolean): void {
    assert(placed.index <= through, 'a snapshot includes the entry of its configuration');
    const later = keepsSuffix ? this.#placed.filter(({ index }) => index > through) : [];
    this.#placed = [placed, ...later];
  }
}
