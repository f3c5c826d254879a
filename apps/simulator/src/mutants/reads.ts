import type { Mutant } from './mutant.ts';

const RAFT = 'raft/src/core/raft.ts';
const READING = 'raft/src/core/reading.ts';

/** Bugs of linearizable reads, and of what clients are told (§8, thesis §6). */
export const READ_MUTANTS: readonly Mutant[] = [
  {
    name: 'read-before-no-op',
    what: 'a new leader serves reads before it knows what is committed (§8)',
    patches: [
      {
        file: READING,
        find: 'const index = logIndex(Math.max(core.committed, leader.termStart));',
        replace: 'const index = core.committed;',
      },
      {
        file: READING,
        find: 'if (!leader.rounds.trusted || core.committed < leader.termStart) return;',
        replace: 'if (!leader.rounds.trusted) return;',
      },
    ],
  },
  {
    name: 'read-without-quorum',
    what: 'a leader serves reads without asking whether it still leads (§8)',
    patches: [
      {
        file: READING,
        find: 'for (const { id, index, asker } of leader.reads.confirm(leader.rounds.confirmed)) {',
        replace: 'for (const { id, index, asker } of leader.reads.confirm(leader.rounds.newest)) {',
      },
      {
        file: READING,
        find: 'if (!leader.rounds.trusted || core.committed < leader.termStart) return;',
        replace: 'if (core.committed < leader.termStart) return;',
      },
      {
        file: READING,
        find: "if (!isConfirmed(core, leader)) return 'unconfirmed';",
        replace: '',
      },
    ],
  },
  {
    name: 'read-before-applied',
    what: 'a read is served before the entries that it must see are executed',
    patches: [
      {
        file: 'raft/src/driver/reads.ts',
        find: 'const ready = this.#confirmed.filter(({ index }) => index <= applied);',
        replace: 'const ready = this.#confirmed;',
      },
      {
        file: 'raft/src/driver/reads.ts',
        find: 'this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);',
        replace: 'this.#confirmed = [];',
      },
    ],
  },
  {
    name: 'follower-reads-its-own-commit',
    what: 'a follower waits for what it knows to be committed, and not for what its leader knows',
    patches: [
      {
        file: READING,
        find: 'core.confirmRead(rpc.read, rpc.index);',
        replace: 'core.confirmRead(rpc.read, core.committed);',
      },
    ],
  },
  {
    name: 'heartbeat-answers-across-terms',
    what: 'answers to heartbeats of an earlier term confirm reads of this one: a read context is used twice',
    patches: [
      {
        file: RAFT,
        find: 'if (rpc.term < core.term) answerStale(core, rpc);',
        replace:
          "if (rpc.term < core.term && rpc.kind !== 'heartbeat-reply') answerStale(core, rpc);",
      },
    ],
  },
  {
    name: 'round-of-an-earlier-term-answered',
    what: 'a heartbeat of an earlier term is answered in a later one as if its round were one of that',
    patches: [
      {
        file: 'raft/src/core/stale-rpcs.ts',
        find: 'answerHeartbeat(core, { ...rpc, round: 0 });',
        replace: 'answerHeartbeat(core, rpc);',
      },
    ],
  },
  {
    name: 'replies-to-an-earlier-boot',
    what: 'replies to an earlier boot of the process count: numbers begin anew with each',
    patches: [
      {
        file: 'raft/src/driver/transport/transport.ts',
        find: 'return reply.incarnation === 0 || reply.incarnation === this.#context.self.incarnation;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'unknown-told-as-refused',
    what: 'a proposal whose outcome is not known is reported as refused, so that its client tries it again',
    patches: [
      {
        file: 'raft/src/driver/completions.ts',
        find: "for (const done of lost) done({ kind: 'unknown' });",
        replace: "for (const done of lost) done({ kind: 'refused', reason: 'not-leader' });",
      },
    ],
  },
  {
    name: 'told-of-another-entry',
    what: 'who waits for an entry is told of the one that replaced it',
    patches: [
      {
        file: 'raft/src/driver/raft-node.ts',
        find: 'this.#parts.completions.unknownAfter(term === before.term ? committed : before.committed);',
        replace: '',
      },
      {
        file: 'raft/src/driver/completions.ts',
        find: "assert(batch.term === term, 'nobody is told of an entry that replaced his own');",
        replace: '',
      },
      {
        file: 'raft/src/driver/completions.ts',
        find: "assert(this.#head === this.#batches.length || first >= end, 'entries are appended in order');",
        replace: 'if (first < end) this.unknownAll();',
      },
    ],
  },
];
