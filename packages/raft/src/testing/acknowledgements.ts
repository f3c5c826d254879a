import type { Incarnation, LogIndex, NodeId, Term } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { InstallReply, InstallSnapshot, Rpc } from '../core/rpc.ts';
import type { DurableLog } from './durable-log.ts';
import { violated } from './safety-violated.ts';

/** More nodes than a simulated cluster ever has. */
const IDS_MAX = 1_024;

/** The most that one node told another in a term. */
interface Said {
  match: number;
  round: number;
}

/** An entry that a node acknowledged last, in its term. */
interface Kept {
  readonly term: Term;
  readonly match: LogIndex;
  readonly entryTerm: Term | undefined;
}

/**
 * What followers tell their leader, and what he makes of it. He counts nothing that was not said to him in his term
 * (§5.3, R08), a follower takes nothing back within the term in which it said so, it answers only rounds that it was
 * asked for in that term (thesis §6.4), and a snapshot that it calls installed is on its disk (§7). A reply counts only
 * for the boot of the node that asked.
 */
export class Acknowledgements {
  readonly #logOf: (id: NodeId) => DurableLog;
  readonly #boots = new Map<NodeId, Incarnation>();
  /** The newest heartbeat round of each node, in its last term as a leader. */
  readonly #asked = new Map<NodeId, { readonly term: Term; readonly round: number }>();
  /** By who said it, to whom, and in which term. */
  readonly #said = new Map<number, Said>();
  readonly #kept = new Map<NodeId, Kept>();
  /** What each transfer of a snapshot covers. */
  readonly #transfers = new Map<string, Pick<InstallSnapshot['snapshot'], 'index' | 'term'>>();

  constructor(logOf: (id: NodeId) => DurableLog) {
    this.#logOf = logOf;
  }

  opened(id: NodeId, boot: Incarnation): void {
    this.#boots.set(id, boot);
  }

  /** Somebody changed the disk of this node: it may lack what it acknowledged. */
  forget(id: NodeId): void {
    this.#kept.delete(id);
  }

  /** Called for every rpc that leaves a node; `core` is the sender. */
  sent(rpc: Rpc, core: Raft): void {
    switch (rpc.kind) {
      case 'heartbeat':
        this.#asked.set(rpc.from, rpc);
        return;
      case 'heartbeat-reply':
        if (rpc.round > this.#newestRound(rpc.to, rpc.term)) {
          violated(
            `node ${rpc.from} answers round ${rpc.round} of term ${rpc.term}, which ${rpc.to} never asked`,
          );
        }
        this.#say(rpc, { round: rpc.round });
        return;
      case 'append-reply':
        if (!rpc.ok) return;
        this.#say(rpc, { match: rpc.match });
        this.#keep(core, rpc);
        return;
      case 'install-snapshot':
        this.#transfers.set(
          `${rpc.from}:${this.#boots.get(rpc.from)}:${rpc.snapshot.id}`,
          rpc.snapshot,
        );
        return;
      case 'install-reply':
        if (rpc.status === 'installed') this.#installed(rpc);
        return;
      default:
    }
  }

  /** Called for every rpc that reaches the core of this node: numbers of rounds, reads and transfers begin anew with a boot. */
  received(rpc: Rpc, node: NodeId): void {
    if (!isReply(rpc) || rpc.incarnation === 0) return;
    const boot = this.#boots.get(node);
    if (rpc.incarnation === boot) return;
    violated(
      `boot ${boot} of node ${node} takes a ${rpc.kind} of ${rpc.from} to boot ${rpc.incarnation}`,
    );
  }

  /** Called after every step. */
  observe(core: Raft): void {
    this.#observeKept(core);
    if (core.role !== 'leader') return;
    for (const { id, match, answeredRound } of core.peers()) {
      if (match === 0 && answeredRound === 0) continue;
      const said = this.#said.get(keyOf({ from: id, to: core.id, term: core.term }));
      if (match > (said?.match ?? 0)) {
        violated(
          `leader ${core.id} of term ${core.term} counts on ${id} for entry ${match}, which it did not acknowledge`,
        );
      }
      if (answeredRound > (said?.round ?? 0)) {
        violated(
          `leader ${core.id} of term ${core.term} counts round ${answeredRound}, which ${id} did not answer`,
        );
      }
    }
  }

  /** Rounds that this node asked in the term; those of earlier terms than its last are not known any more. */
  #newestRound(leader: NodeId, term: Term): number {
    const asked = this.#asked.get(leader);
    if (asked === undefined || asked.term < term) return 0;
    return asked.term === term ? asked.round : Infinity;
  }

  #say(rpc: Rpc, { match = 0, round = 0 }: Partial<Said>): void {
    const key = keyOf(rpc);
    const said = this.#said.get(key);
    if (said === undefined) {
      this.#said.set(key, { match, round });
    } else {
      said.match = Math.max(said.match, match);
      said.round = Math.max(said.round, round);
    }
  }

  #keep(core: Raft, { from, term, match }: { from: NodeId; term: Term; match: LogIndex }): void {
    // One that waited for a slow disk may speak of an earlier term.
    if (term !== core.term) return;
    const before = this.#kept.get(from);
    if (before?.term === term && before.match >= match) return;
    this.#kept.set(from, { term, match, entryTerm: core.termAt(match) });
  }

  #observeKept(core: Raft): void {
    const kept = this.#kept.get(core.id);
    if (kept === undefined || kept.term !== core.term || kept.match <= core.compacted) return;
    if (core.last >= kept.match && core.termAt(kept.match) === kept.entryTerm) return;
    violated(
      `node ${core.id} took entry ${kept.match} back, which it acknowledged in term ${kept.term}`,
    );
  }

  #installed(rpc: InstallReply): void {
    const covered = this.#transfers.get(`${rpc.to}:${rpc.incarnation}:${rpc.snapshotId}`);
    if (covered === undefined) {
      return violated(`node ${rpc.from} installed a snapshot that ${rpc.to} never sent`);
    }
    if (!this.#logOf(rpc.from).has(covered.index, covered.term)) {
      violated(
        `durable before said: node ${rpc.from} acknowledges a snapshot of entry ${covered.index}`,
      );
    }
    this.#say(rpc, { match: covered.index });
  }
}

const REPLIES: ReadonlySet<Rpc['kind']> = new Set([
  'vote-reply',
  'append-reply',
  'heartbeat-reply',
  'install-reply',
  'read-reply',
]);

const isReply = ({ kind }: Rpc): boolean => REPLIES.has(kind);

const keyOf = ({ from, to, term }: Pick<Rpc, 'from' | 'to' | 'term'>): number =>
  (term * IDS_MAX + from) * IDS_MAX + to;
