import type { Mutant } from './mutant.ts';

const FOLLOWING = 'raft/src/core/following.ts';
const LEADING = 'raft/src/core/leading.ts';
const OUTBOX = 'raft/src/core/outbox.ts';
const RAFT = 'raft/src/core/raft.ts';
const REPLICATION = 'raft/src/core/replication.ts';

/** Bugs of log replication and of commitment (§5.3, §5.4.2). */
export const REPLICATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'commit-old-term-by-count',
    what: 'entries of an earlier term are committed by counting replicas (§5.4.2, figure 8)',
    patches: [
      {
        file: REPLICATION,
        find: 'if (index <= core.committed || core.log.termAt(index) !== core.term) return;',
        replace: 'if (index <= core.committed) return;',
      },
    ],
  },
  {
    name: 'no-op-left-out',
    what: 'a new leader appends nothing of its own term: what came before stays uncommitted, and is not seen by reads (§8)',
    patches: [
      {
        file: LEADING,
        find: 'core.append(encodeOwn(core, EntryType.noOp, [encodeNoOp(gapMs)]));',
        replace: '',
      },
      { file: LEADING, find: 'termStart: next,', replace: 'termStart: core.committed,' },
    ],
  },
  {
    name: 'answer-before-sync',
    what: 'votes and appends are answered before they are durable',
    patches: [
      {
        file: OUTBOX,
        find: 'if (this.#hasWrite()) this.#thenSend.push(rpc);',
        replace: 'if (this.#hasWrite()) this.#messages.push(rpc);',
      },
    ],
  },
  {
    name: 'ack-append-before-sync',
    what: 'a follower acknowledges entries that its disk does not hold yet',
    patches: [
      {
        file: FOLLOWING,
        find: 'core.outbox.sendWhenDurable(reply);',
        replace: 'core.outbox.sendWhenTermDurable(reply);',
      },
    ],
  },
  {
    name: 'count-own-entries-before-sync',
    what: 'a leader counts itself for entries that its disk does not hold yet',
    patches: [
      {
        file: REPLICATION,
        find: 'id === core.id ? core.outbox.durable : (leader.progress.get(id)?.match ?? 0),',
        replace: 'id === core.id ? core.log.last : (leader.progress.get(id)?.match ?? 0),',
      },
    ],
  },
  {
    name: 'own-write-of-replaced-entries',
    what: 'a write of entries that were replaced meanwhile counts for those that replaced them (R10)',
    patches: [
      {
        file: OUTBOX,
        find: 'write.durableThrough = logIndex(Math.min(write.durableThrough, after));',
        replace: '',
      },
    ],
  },
  {
    name: 'ack-of-earlier-term',
    what: 'an acknowledgement of an earlier term counts for entries that replaced the acknowledged ones (R08)',
    patches: [
      {
        file: RAFT,
        find: 'if (rpc.term < core.term) answerStale(core, rpc);',
        replace: "if (rpc.term < core.term && rpc.kind !== 'append-reply') answerStale(core, rpc);",
      },
    ],
  },
  {
    name: 'append-of-earlier-term',
    what: 'entries of a leader of an earlier term are taken (§5.1)',
    patches: [
      {
        file: RAFT,
        find: 'if (rpc.term < core.term) answerStale(core, rpc);',
        replace:
          "if (rpc.term < core.term && (rpc.kind !== 'append-entries' || core.role.kind === 'leader')) answerStale(core, rpc);",
      },
    ],
  },
  {
    name: 'truncate-on-stale-append',
    what: 'a delayed append truncates entries that match and came after it (figure 2, step 3)',
    patches: [
      {
        file: FOLLOWING,
        find: 'if (index > batch.last) return;',
        replace:
          'if (index > batch.last) { if (batch.last < core.log.last) core.truncateAfter(batch.last); return; }',
      },
    ],
  },
  {
    name: 'keep-conflicting-entries',
    what: 'entries that are there are kept, though those of the leader have another term (figure 2, step 3)',
    patches: [
      {
        file: FOLLOWING,
        find: 'while (index <= batch.last && core.log.termAt(index) === batch.termAt(index)) {',
        replace: 'while (index <= batch.last && index <= core.log.last) {',
      },
    ],
  },
  {
    name: 'append-without-consistency-check',
    what: 'entries are appended behind an entry of any term (§5.3)',
    patches: [
      {
        file: FOLLOWING,
        find: 'if (core.log.termAt(rpc.prevIndex) !== rpc.prevTerm) {',
        replace: 'if (rpc.prevIndex > core.log.last) {',
      },
    ],
  },
  {
    name: 'ack-the-whole-log',
    what: 'a follower acknowledges all that it holds, also what the append did not show to match',
    patches: [
      {
        file: FOLLOWING,
        find: 'const match = rpc.batches.at(-1)?.last ?? rpc.prevIndex;',
        replace: 'const match = core.log.last;',
      },
    ],
  },
  {
    name: 'commit-beyond-match',
    what: 'a follower commits what it holds up to the leader’s commit index, also what may differ (figure 2, step 5)',
    patches: [
      {
        file: FOLLOWING,
        find: 'core.commitThrough(logIndex(Math.min(rpc.commit, match)));',
        replace: 'core.commitThrough(logIndex(Math.min(rpc.commit, core.log.last)));',
      },
    ],
  },
  {
    name: 'heartbeat-commit-not-clamped',
    what: 'a heartbeat tells the commit index, whatever its receiver is known to hold',
    patches: [
      {
        file: 'raft/src/core/heartbeats.ts',
        find: 'const commit = logIndex(Math.min(progress.match, core.committed));',
        replace: 'const commit = core.committed;',
      },
      {
        file: FOLLOWING,
        find: 'const missing = rpc.commit - core.log.last;',
        replace: 'const missing = 0;',
      },
      {
        file: FOLLOWING,
        find: 'core.commitThrough(rpc.commit);',
        replace: 'core.commitThrough(logIndex(Math.min(rpc.commit, core.log.last)));',
      },
    ],
  },
  {
    name: 'match-of-earlier-leadership',
    what: 'a new leader believes that others hold what it holds (nextIndex taken for matchIndex)',
    patches: [
      {
        file: 'raft/src/core/progress.ts',
        find: 'this.next = next;\n    this.inflights = new Inflights(limits);',
        replace:
          'this.next = next;\n    this.match = next - 1;\n    this.inflights = new Inflights(limits);',
      },
    ],
  },
  {
    name: 'time-goes-back',
    what: 'entries carry the leader’s clock, though its log ends with a later time',
    patches: [
      {
        file: 'raft/src/core/own-entries.ts',
        find: 'const at = notBefore(core.log.lastAt, now);',
        replace: 'const at = core.now.wallMs;',
      },
    ],
  },
];
