import { encodeConfiguration } from '../core/configuration-codec.ts';
import type { Configuration } from '../core/configuration.ts';
import type { LogIndex, NodeId, Term } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { SnapshotName } from '../core/rpc.ts';
import { violated } from './safety-violated.ts';

/** A configuration that some node had in force, and the entry that brought it. */
export interface Placed {
  readonly index: LogIndex;
  readonly term: Term;
  readonly configuration: Configuration;
}

/**
 * Every configuration that some node had in force. One entry brings the same one everywhere, whether a node read it in
 * its log or got it with a snapshot, and who knows that an entry is committed goes by the newest configuration up to it
 * or by a later one (§6).
 */
export class KnownConfigurations {
  /** By `index:term`. */
  readonly #placed = new Map<string, Placed>();
  readonly #newest = new WeakMap<Raft, Configuration>();
  readonly #voters = new Set<NodeId>();
  /** The entries that brought those which are committed, in rising order. */
  readonly #committed: LogIndex[] = [];
  readonly #committedTermOf: (index: LogIndex) => Term | undefined;

  constructor(committedTermOf: (index: LogIndex) => Term | undefined) {
    this.#committedTermOf = committedTermOf;
  }

  get all(): IterableIterator<Placed> {
    return this.#placed.values();
  }

  /** Whether some configuration made this node a voter. */
  everVoted(id: NodeId): boolean {
    return this.#voters.has(id);
  }

  /** Called after every step. */
  observe(core: Raft): void {
    const { configuration, configurationIndex: index, committed, last } = core;
    const needed = this.#inForceAt(committed);
    if (index < needed) {
      violated(`node ${core.id} goes by configuration ${index}, ${needed} is committed`);
    }
    if (index > last) {
      violated(`node ${core.id} goes by configuration ${index}, and its log ends with ${last}`);
    }
    if (this.#newest.get(core) === configuration) return;
    this.#newest.set(core, configuration);
    for (const id of [...configuration.voters, ...configuration.outgoing]) this.#voters.add(id);
    // The entry of one that came with a snapshot is not in the log, and committed.
    // Before the first entry each node goes by what it was told when it began.
    const term = index === 0 ? undefined : (core.termAt(index) ?? this.#committedTermOf(index));
    if (term === undefined) return;
    if (configuration.voters.length === 0) violated(`configuration ${index} has no voters`);
    const key = `${index}:${term}`;
    const known = this.#placed.get(key);
    if (known === undefined) this.#placed.set(key, { index, term, configuration });
    else if (textOf(known.configuration) !== textOf(configuration)) {
      violated(`node ${core.id} has another configuration of entry ${key} in force`);
    }
  }

  /** A snapshot leaves a node. */
  named({ index, configurationIndex }: SnapshotName): void {
    const inForce = this.#inForceAt(index);
    if (configurationIndex === inForce) return;
    violated(
      `a snapshot of entry ${index} names configuration ${configurationIndex}, ${inForce} is in force there`,
    );
  }

  /** An entry was seen committed for the first time. */
  committed(index: LogIndex, term: Term): void {
    if (this.#placed.has(`${index}:${term}`)) this.#committed.push(index);
  }

  /** The newest committed configuration of the entries up to `index`; 0: the one told before the first entry. */
  #inForceAt(index: LogIndex): number {
    return this.#committed.findLast((each) => each <= index) ?? 0;
  }
}

const textOf = (configuration: Configuration): string =>
  Buffer.from(encodeConfiguration(configuration)).toString('latin1');
