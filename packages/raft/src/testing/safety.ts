import { crc32 } from 'node:zlib';
import type { Configuration } from '../core/configuration.ts';
import { type LogIndex, type NodeId, type Term, logIndex } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { Recovered } from '../storage/recovered.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { DurablePromises } from './durable-promises.ts';
import { requireElected } from './election-rights.ts';
import { KnownConfigurations } from './known-configurations.ts';
import { MemoryBounds, type MemoryLimits } from './memory-bounds.ts';
import { violated } from './safety-violated.ts';
import { WipedNodes } from './wiped-nodes.ts';

/** What is known of one node's log, to look only at what is new. */
interface Seen {
  /** Terms by index, 0 for index 0. */
  terms: Term[];
  last: LogIndex;
  leaderIn: Term | undefined;
  committed: LogIndex;
  compacted: LogIndex;
  term: Term;
  configuration: Configuration;
  configurationIndex: LogIndex;
}

interface KnownEntry {
  readonly prevTerm: Term;
  readonly crc: number;
}

/**
 * Checks the five properties of figure 3 on every step, from outside: election safety, leader append-only, log
 * matching, leader completeness, state-machine safety; besides, that no node votes twice in a term, restarts included,
 * that terms and commits never go back, that voters change by joint consensus only (§6), and what nodes promise of their
 * disks. What they tell each other, what they hold in memory, and who may lead, is checked besides.
 */
export class Safety {
  readonly promises = new DurablePromises();
  readonly memory: MemoryBounds;
  readonly #acknowledgements = new Acknowledgements((id) => this.promises.log(id));
  readonly #configurations = new KnownConfigurations((index) => this.#committedTerms[index]);
  readonly #wiped = new WipedNodes();
  readonly #leaders = new Map<Term, NodeId>();
  readonly #votes = new Map<string, NodeId>();
  readonly #seen = new Map<Raft, Seen>();
  readonly #votedIn = new Map<NodeId, Term>();
  /** By `index:term`: two logs that hold the same entry are equal up to it. */
  readonly #entries = new Map<string, KnownEntry>();
  /** The term of each committed entry, by index; index 0 is none. */
  readonly #committedTerms: Term[] = [0 as Term];
  /** The term in which each was first seen committed: only leaders of later terms must hold it (§5.4). */
  readonly #committedIn: Term[] = [0 as Term];
  /** Checksum of each applied command, by index. */
  readonly #applied = new Map<LogIndex, number>();
  /** Hash of the state that includes an entry and all before it, by its index. */
  readonly #states = new Map<LogIndex, number>();

  constructor(limits: Partial<MemoryLimits> = {}) {
    this.memory = new MemoryBounds(limits);
  }

  /** Entries that some node knows to be committed. */
  get committed(): LogIndex {
    return logIndex(this.#committedTerms.length - 1);
  }

  /** Called after every step, for every running node. */
  observe(core: Raft): void {
    const seen = this.#seenOf(core);
    if (core.term < seen.term) violated(`node ${core.id} went back to term ${core.term}`);
    if (core.committed < seen.committed) violated(`node ${core.id} took back a commit`);
    this.memory.observe(core);
    this.promises.observe(core);
    this.#acknowledgements.observe(core);
    this.#configurations.observe(core);
    this.#observeOrder(core);
    this.#observeCompaction(core, seen);
    seen.term = core.term;
    const ledIn = seen.leaderIn;
    if (ledIn === core.term && core.role === 'leader') requireOwnTerm(core, seen);
    if (core.role === 'leader') this.#observeLeader(core, seen);
    else seen.leaderIn = undefined;
    this.#observeLog(core, seen, ledIn);
    this.#observeCommit(core, seen, ledIn);
    seen.configuration = core.configuration;
    seen.configurationIndex = core.configurationIndex;
  }

  /** Called for every rpc that leaves a node; `core` is the sender. */
  sent(rpc: Rpc, core: Raft): void {
    this.promises.sent(rpc, core);
    this.#acknowledgements.sent(rpc, core);
    this.#wiped.sent(rpc);
    if (rpc.kind === 'install-snapshot') this.#configurations.named(rpc.snapshot);
    this.memory.sent(rpc, core);
    const before = this.#votedIn.get(rpc.from) ?? 0;
    if (rpc.kind === 'vote-reply' && rpc.granted && !rpc.pre)
      this.#voted(rpc.from, rpc.term, rpc.to);
    else if (rpc.kind === 'request-vote' && !rpc.pre) this.#voted(rpc.from, rpc.term, rpc.from);
    else return;
    if (rpc.term < before) violated(`node ${rpc.from} votes in term ${rpc.term} after ${before}`);
    this.#votedIn.set(rpc.from, rpc.term);
  }

  /** Called for every rpc that reaches the core of this node. */
  received(rpc: Rpc, node: NodeId): void {
    this.#acknowledgements.received(rpc, node);
  }

  /** Called for every command that a node executes, also when it does so again after a restart. */
  applied(node: NodeId, index: LogIndex, command: Buffer): void {
    const crc = crc32(command);
    const known = this.#applied.get(index);
    if (known === undefined) this.#applied.set(index, crc);
    else if (known !== crc) violated(`node ${node} executes another command at ${index}`);
  }

  /** Called when the state of a node includes the entry at `index`, executed or received. */
  reached(node: NodeId, index: LogIndex, hash: number): void {
    const known = this.#states.get(index);
    if (known === undefined) this.#states.set(index, hash);
    else if (known !== hash) violated(`the state of node ${node} at ${index} is another one`);
  }

  /** A process has read its log. */
  opened(node: NodeId, recovered: Recovered): void {
    this.promises.opened(node, recovered);
    this.memory.opened(node);
    this.#acknowledgements.opened(node, recovered.incarnation);
  }

  /** The disk of a node was replaced by an empty one, and it may come back under its old id. */
  wiped(node: NodeId): void {
    this.#wiped.add(node);
  }

  /** Somebody changed the disk of a node, whose process does not run: nothing is promised of it until its next boot. */
  tampered(node: NodeId): void {
    this.promises.log(node).forget();
    this.#acknowledgements.forget(node);
  }

  /** A process ended: its next boot starts anew. */
  forget(core: Raft): void {
    this.#seen.delete(core);
  }

  #voted(voter: NodeId, term: Term, candidate: NodeId): void {
    const key = `${voter}:${term}`;
    const before = this.#votes.get(key);
    if (before !== undefined && before !== candidate) {
      violated(`node ${voter} votes for ${before} and ${candidate} in term ${term}`);
    }
    this.#votes.set(key, candidate);
  }

  #observeLeader(core: Raft, seen: Seen): void {
    const { term, id } = core;
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== id) violated(`nodes ${other} and ${id} lead term ${term}`);
    this.#leaders.set(term, id);
    if (seen.leaderIn === term) {
      if (core.configuration !== seen.configuration) requireStep(seen, core);
      return;
    }
    const { voters, outgoing } = core.configuration;
    // One that is not committed may leave out the only node that can lead: whoever appended it (thesis §4.2.2).
    const isCommitted = core.configurationIndex <= core.committed;
    if (isCommitted && !voters.includes(id) && !outgoing.includes(id))
      violated(`node ${id} leads, and is no voter`);
    seen.leaderIn = term;
    for (let index = core.compacted + 1; index < this.#committedTerms.length; index += 1) {
      const committedTerm = this.#committedTerms[index];
      const earlier = (this.#committedIn[index] ?? term) < term;
      if (earlier && core.termAt(logIndex(index)) !== committedTerm) {
        violated(`leader ${id} of term ${term} lacks the committed entry ${index}`);
      }
    }
    requireElected(core, {
      before: seen.configuration,
      known: this.#configurations,
      wasCommitted: (index, ofTerm) =>
        this.#committedTerms[index] === ofTerm && (this.#committedIn[index] ?? term) < term,
      votedFor: (voter) =>
        voter === id
          ? this.promises.log(id).votesFor(id, term)
          : this.#votes.get(`${voter}:${term}`) === id,
    });
  }

  #observeLog(core: Raft, seen: Seen, ledIn: Term | undefined): void {
    const lastTerm = core.termAt(core.last);
    if (core.last === seen.last && lastTerm === seen.terms[core.last]) return;
    let index = core.last;
    while (index > core.compacted && seen.terms[index] !== core.termAt(index)) {
      index = logIndex(index - 1);
    }
    if (index < seen.last && seen.leaderIn !== undefined && seen.leaderIn === ledIn) {
      violated(`leader ${core.id} truncated its own log in term ${core.term}`);
    }
    seen.terms.length = Math.min(seen.terms.length, index + 1);
    for (index = logIndex(index + 1); index <= core.last; index = logIndex(index + 1)) {
      seen.terms[index] = this.#match(core, index);
    }
    seen.last = core.last;
  }

  #observeOrder({ id, compacted, applied, committed, last, installing }: Raft): void {
    const isOrdered = compacted <= applied && applied <= committed && committed <= last;
    if (!isOrdered && installing === undefined) {
      violated(`node ${id}: ${compacted} <= ${applied} <= ${committed} <= ${last} does not hold`);
    }
  }

  /** A snapshot that is being installed stands in memory before it is durable; nothing is said of it until then. */
  #observeCompaction(core: Raft, seen: Seen): void {
    if (core.compacted === seen.compacted || core.installing !== undefined) return;
    seen.compacted = core.compacted;
    this.promises.compacted(core);
  }

  #match(core: Raft, index: LogIndex): Term {
    const term = core.termAt(index) ?? (0 as Term);
    const prevTerm = core.termAt(logIndex(index - 1)) ?? (0 as Term);
    const batch = core.entriesFrom(index, 1)?.[0];
    if (batch === undefined) return term;
    const crc = crc32(batch.entry(index).payload);
    const key = `${index}:${term}`;
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, { prevTerm, crc });
    else if (known.prevTerm !== prevTerm || known.crc !== crc) {
      violated(`the logs of node ${core.id} and another differ at or before entry ${key}`);
    }
    return term;
  }

  #observeCommit(core: Raft, seen: Seen, ledIn: Term | undefined): void {
    for (let index = seen.committed + 1; index <= core.committed; index += 1) {
      const term = core.termAt(logIndex(index));
      const known = this.#committedTerms[index];
      // What a snapshot brought was seen committed elsewhere.
      if (term === undefined && known !== undefined) continue;
      if (term === undefined)
        violated(`node ${core.id} has a snapshot of what was never committed`);
      if (known === undefined) {
        this.promises.committed(logIndex(index), term, seen.configuration);
        this.#committedTerms.push(term);
        // A leader may have stepped down in the same step.
        const committedIn = ledIn ?? core.term;
        this.#committedIn.push(committedIn);
        this.#requireOfLaterLeaders(logIndex(index), term, committedIn);
        this.#configurations.committed(logIndex(index), term);
      } else if (known !== term) violated(`node ${core.id} commits another entry at ${index}`);
    }
    seen.committed = core.committed;
  }

  /** An entry that a deposed leader commits must be there at those who lead later terms by now (§5.4). */
  #requireOfLaterLeaders(index: LogIndex, term: Term, committedIn: Term): void {
    for (const [other, { leaderIn = 0 }] of this.#seen) {
      if (leaderIn <= committedIn || index <= other.compacted) continue;
      if (other.termAt(index) !== term) {
        violated(`leader ${other.id} of term ${leaderIn} lacks the committed entry ${index}`);
      }
    }
  }

  #seenOf(core: Raft): Seen {
    const known = this.#seen.get(core);
    if (known !== undefined) return known;
    const zero = logIndex(0);
    const seen: Seen = {
      terms: [0 as Term],
      last: zero,
      leaderIn: undefined,
      committed: zero,
      compacted: core.compacted,
      term: core.term,
      configuration: core.configuration,
      configurationIndex: core.configurationIndex,
    };
    this.#seen.set(core, seen);
    return seen;
  }
}

/** Replicas are counted for entries of the leader's own term alone; what came before is committed with them (§5.4.2). */
function requireOwnTerm(core: Raft, { committed }: Seen): void {
  if (core.committed === committed || core.termAt(core.committed) === core.term) return;
  violated(`leader ${core.id} of term ${core.term} counts replicas of entry ${core.committed}`);
}

/**
 * Voters change by way of both majorities: one half of each step is the other's, so that their quorums overlap. Each
 * step is committed before the next (§6).
 */
function requireStep({ configuration: before, configurationIndex: index }: Seen, core: Raft): void {
  const { id, configuration: after } = core;
  if (index > core.committed) {
    violated(`leader ${id} goes on from configuration ${index} before that is committed`);
  }
  const isJoint = before.outgoing.length > 0;
  const enters = !isJoint && sameIds(after.outgoing, before.voters);
  const leaves = isJoint && after.outgoing.length === 0 && sameIds(after.voters, before.voters);
  const stays = sameIds(after.voters, before.voters) && sameIds(after.outgoing, before.outgoing);
  if (enters || leaves || stays) return;
  const text = ({ voters, outgoing }: Configuration): string =>
    outgoing.length === 0 ? voters.join() : `${outgoing.join()} to ${voters.join()}`;
  violated(`leader ${id} goes from the voters ${text(before)} to ${text(after)}`);
}

const sameIds = (some: readonly NodeId[], others: readonly NodeId[]): boolean =>
  some.length === others.length && some.every((id) => others.includes(id));
