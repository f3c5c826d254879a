import type { Configuration } from '../core/configuration.ts';
import { type LogIndex, NOBODY, type NodeId, type Term } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { Recovered } from '../storage/recovered.ts';
import { DurableLog } from './durable-log.ts';
import { hasMajority } from './majority.ts';
import { violated } from './safety-violated.ts';

/**
 * What nodes say is true of their disks at that instant, power may fail when it likes: terms and votes before they are
 * spoken of (§5.2, figure 2), entries before they are acknowledged, and before they are committed on a quorum of the old
 * and of the new voters. What was durable is there again after a restart, and nothing else.
 */
export class DurablePromises {
  readonly #logs = new Map<NodeId, DurableLog>();

  /** Of this node's disk. */
  log(id: NodeId): DurableLog {
    const known = this.#logs.get(id);
    if (known !== undefined) return known;
    const log = new DurableLog();
    this.#logs.set(id, log);
    return log;
  }

  opened(id: NodeId, recovered: Recovered): void {
    const difference = this.log(id).opened(recovered);
    if (difference !== undefined) violated(`after a restart node ${id} has ${difference}`);
  }

  /** Called after every step: what a node believes of its own disk is true. */
  observe(core: Raft): void {
    const { id, term, vote, durable, last } = core;
    const log = this.log(id);
    if (log.wentBack !== undefined) violated(`node ${id} writes ${log.wentBack}`);
    if (log.term === undefined) return;
    if (log.term > term) violated(`node ${id} is in term ${term}, and its disk in ${log.term}`);
    if (log.term === term && log.vote !== NOBODY && log.vote !== vote) {
      violated(`node ${id} forgot its vote for ${log.vote} in term ${term}`);
    }
    if (durable > last || !log.has(durable, core.termAt(durable))) {
      violated(`node ${id} counts on its disk for entry ${durable}, which is not there`);
    }
  }

  /** Called for every rpc that leaves a node; `core` is the sender. */
  sent(rpc: Rpc, core: Raft): void {
    const log = this.log(rpc.from);
    if (log.term === undefined) return;
    if (claimsTerm(rpc) && log.term < rpc.term) {
      violated(`durable before said: node ${rpc.from} speaks of term ${rpc.term} in a ${rpc.kind}`);
    }
    if (rpc.kind === 'request-vote' && !rpc.pre) {
      // A disk that was slow may have written the next term, too: nobody else gets a vote in this one then.
      if (log.term < rpc.term || (log.term === rpc.term && log.vote !== rpc.from)) {
        violated(`durable before said: node ${rpc.from} asks for votes in term ${rpc.term}`);
      }
    } else if (rpc.kind === 'vote-reply' && !rpc.pre) {
      const votes = rpc.granted && log.term === rpc.term && log.vote !== rpc.to;
      if (log.term < rpc.term || votes) {
        violated(`durable before said: node ${rpc.from} answers ${rpc.to} in term ${rpc.term}`);
      }
    } else if (rpc.kind === 'append-reply' && rpc.ok) {
      // One that waited for a slow disk may leave after the term in which it was true, and its entry was replaced since.
      const entryTerm = rpc.term === core.term ? core.termAt(rpc.match) : undefined;
      const isThere = log.has(rpc.match, entryTerm);
      if (log.term < rpc.term || !isThere) {
        violated(`durable before said: node ${rpc.from} acknowledges entry ${rpc.match}`);
      }
    }
  }

  /**
   * An entry was seen committed for the first time, after a step before which this was in force: a configuration that
   * the step itself appended counts for nothing yet, as it is on no disk.
   */
  committed(index: LogIndex, term: Term, { voters, outgoing }: Configuration): void {
    const isThere = (id: NodeId): boolean => this.log(id).has(index, term);
    if (!hasMajority(voters, isThere) || !hasMajority(outgoing, isThere)) {
      violated(`durable before committed: entry ${index} of term ${term} is not on a quorum`);
    }
  }

  /** What is gone from a log is in a durable state. */
  compacted(core: Raft): void {
    const { mark, term } = this.log(core.id);
    if (term === undefined || core.compacted <= mark) return;
    violated(`node ${core.id} dropped entries up to ${core.compacted}, its mark says ${mark}`);
  }

  /** A store never holds what the log of its node could lose. */
  flushed(id: NodeId, index: LogIndex): void {
    if (!this.log(id).has(index, undefined)) {
      violated(`the store of node ${id} holds entry ${index}, and its log could lose it`);
    }
  }
}

/**
 * Whether the term that the rpc names must be durable at its sender. Replies wait for it, heartbeat replies for nothing
 * else; a leader's own rpcs need not wait, as nobody could vote for it before its term was durable. Only a pre-vote and
 * its granted reply claim nothing: they name a term that nobody has entered, and that their sender can forget.
 */
function claimsTerm(rpc: Rpc): boolean {
  if (rpc.kind === 'request-vote') return !rpc.pre;
  if (rpc.kind === 'vote-reply') return !rpc.pre || !rpc.granted;
  return true;
}
