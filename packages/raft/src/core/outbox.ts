import { assert } from './assert.ts';
import type { EntryBatch } from './entry-batch.ts';
import type { HardState } from './hard-state.ts';
import { type LogIndex, type NodeId, type Term, logIndex } from './numbers.ts';
import type { Install, Load, ReadyWrite, WriteToken } from './ready.ts';
import type { Rpc } from './rpc.ts';

/** A write that was ordered and is not yet known to be durable. */
interface WriteInFlight {
  readonly token: WriteToken;
  /** The log is durable through here once this write is; lowered when a later write truncates. */
  durableThrough: LogIndex;
  /** What may be sent only when this write is durable. */
  thenSend: Rpc[];
  /** Whether it holds a term or vote. */
  readonly hardState: boolean;
  /** The term in which this write makes the node's vote for itself durable. */
  readonly ownVote: Term | undefined;
}

/** What a write that became durable brings about. */
export interface Persisted {
  readonly durable: LogIndex;
  readonly ownVote: Term | undefined;
}

/**
 * Everything that leaves the core: rpcs, and writes in their order. An rpc that claims something durable is held back
 * until every write before it is durable – term and vote before a vote reply and before RequestVote itself, entries
 * before an append reply.
 */
export class Outbox {
  #messages: Rpc[] = [];
  #loads: Load[] = [];
  #reopen: NodeId[] = [];
  readonly #inFlight: WriteInFlight[] = [];
  #lastToken: WriteToken = 0;
  #durable: LogIndex;

  // The write being put together.
  #hardState: HardState | undefined;
  #install: Install | undefined;
  #truncateAfter: LogIndex | undefined;
  #batches: EntryBatch[] = [];
  #thenSend: Rpc[] = [];
  #ownVote: Term | undefined;
  /** The last entry after all writes that were ordered so far. */
  #orderedThrough: LogIndex;

  constructor(durable: LogIndex) {
    this.#durable = durable;
    this.#orderedThrough = durable;
  }

  /** This node's log is durable through here, in its present form. */
  get durable(): LogIndex {
    return this.#durable;
  }

  /** The write that has been in flight for longest; `undefined` when none is. */
  get oldestWrite(): WriteToken | undefined {
    return this.#inFlight[0]?.token;
  }

  /** Whether the newest term and vote are durable. */
  get hardStateDurable(): boolean {
    return this.#hardState === undefined && !this.#inFlight.some((write) => write.hardState);
  }

  send(rpc: Rpc): void {
    this.#messages.push(rpc);
  }

  /** Sends when all that was written so far is durable. */
  sendWhenDurable(rpc: Rpc): void {
    const newest = this.#inFlight.at(-1);
    if (this.#hasWrite()) this.#thenSend.push(rpc);
    else if (newest !== undefined) newest.thenSend.push(rpc);
    else this.#messages.push(rpc);
  }

  /** Sends as soon as the term that the rpc names is durable; entries that are being written do not delay it. */
  sendWhenTermDurable(rpc: Rpc): void {
    if (this.hardStateDurable) this.send(rpc);
    else this.sendWhenDurable(rpc);
  }

  load(load: Load): void {
    this.#loads.push(load);
  }

  /** The stream that carries entries to the peer is to be opened anew. */
  reopen(peer: NodeId): void {
    this.#reopen.push(peer);
  }

  writeHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** The node votes for itself in `term`; the vote counts when the write that holds it is durable. */
  countOwnVoteWhenDurable(term: Term): void {
    assert(
      this.#hardState?.term === term,
      'an own vote is part of the write that makes it durable',
    );
    this.#ownVote = term;
  }

  writeEntries(batch: EntryBatch): void {
    this.#batches.push(batch);
  }

  writeTruncation(after: LogIndex): void {
    this.#batches = keepThrough(this.#batches, after);
    if (after < this.#orderedThrough) {
      this.#truncateAfter = after;
      this.#orderedThrough = after;
    }
    this.#voidAfter(after);
  }

  /**
   * A snapshot takes the place of the log's beginning. Of what is on disk or on its way there, only the entries through
   * `committed` are sure to be those of the log that the snapshot stands for.
   */
  writeInstall(install: Install, committed: LogIndex): void {
    const { mark, keepsSuffix } = install;
    assert(this.#install === undefined, 'one snapshot is installed in one write');
    const firstNew = this.#batches[0]?.first ?? this.#orderedThrough + 1;
    if (keepsSuffix && firstNew > mark.index) {
      this.#install = install;
      return;
    }
    // The whole log on disk is void, but for entries that are still to be written and come after the snapshot.
    this.#install = { mark, keepsSuffix: false };
    this.#truncateAfter = undefined;
    this.#batches = keepsSuffix ? keepAfter(this.#batches, mark.index) : [];
    this.#orderedThrough = mark.index;
    this.#voidAfter(committed);
  }

  /** The write put together so far, if any; from now on it is in flight. */
  takeWrite(): ReadyWrite | undefined {
    if (!this.#hasWrite()) {
      assert(this.#thenSend.length === 0, 'only a write holds rpcs back');
      return undefined;
    }
    this.#lastToken += 1;
    const token = this.#lastToken;
    const durableThrough = this.#batches.at(-1)?.last ?? this.#orderedThrough;
    const write: ReadyWrite = {
      token,
      hardState: this.#hardState,
      install: this.#install,
      truncateAfter: this.#truncateAfter,
      batches: this.#batches,
    };
    this.#inFlight.push({
      token,
      durableThrough,
      thenSend: this.#thenSend,
      hardState: this.#hardState !== undefined,
      ownVote: this.#ownVote,
    });
    this.#orderedThrough = durableThrough;
    this.#hardState = undefined;
    this.#install = undefined;
    this.#truncateAfter = undefined;
    this.#batches = [];
    this.#thenSend = [];
    this.#ownVote = undefined;
    return write;
  }

  takeMessages(): Rpc[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  takeLoads(): Load[] {
    const loads = this.#loads;
    this.#loads = [];
    return loads;
  }

  takeReopen(): NodeId[] {
    const reopen = this.#reopen;
    this.#reopen = [];
    return reopen;
  }

  /** The oldest write in flight is durable: releases what waited for it. */
  persisted(token: WriteToken): Persisted {
    const write = this.#inFlight.shift();
    assert(write !== undefined && write.token === token, 'writes become durable in their order');
    this.#durable = logIndex(Math.max(this.#durable, write.durableThrough));
    this.#messages.push(...write.thenSend);
    return { durable: this.#durable, ownVote: write.ownVote };
  }

  #hasWrite(): boolean {
    return (
      this.#hardState !== undefined ||
      this.#install !== undefined ||
      this.#truncateAfter !== undefined ||
      this.#batches.length > 0
    );
  }

  /**
   * What was durable, or will be, after this entry no longer counts, and nobody is told of it any more: by the time when
   * one write is durable, the next one may be, too, which took its entries away.
   */
  #voidAfter(after: LogIndex): void {
    this.#durable = logIndex(Math.min(this.#durable, after));
    this.#thenSend = sayThrough(this.#thenSend, after);
    for (const write of this.#inFlight) {
      write.durableThrough = logIndex(Math.min(write.durableThrough, after));
      write.thenSend = sayThrough(write.thenSend, after);
    }
  }
}

function keepAfter(batches: readonly EntryBatch[], index: LogIndex): EntryBatch[] {
  return batches
    .filter((batch) => batch.last > index)
    .map((batch) => (batch.first > index ? batch : batch.slice(logIndex(index + 1), batch.last)));
}

const sayThrough = (rpcs: Rpc[], after: LogIndex): Rpc[] =>
  rpcs.filter((rpc) => rpc.kind !== 'append-reply' || !rpc.ok || rpc.match <= after);

function keepThrough(batches: readonly EntryBatch[], after: LogIndex): EntryBatch[] {
  return batches
    .filter((batch) => batch.first <= after)
    .map((batch) => (batch.last <= after ? batch : batch.slice(batch.first, after)));
}
