/**
 * Famous bugs, each a change of one place in the source. The simulator is built with the change and must fail: a test
 * that cannot fail proves nothing. A fragment that is not found exactly once is an error, so that this list cannot rot.
 */
export interface Mutant {
  readonly name: string;
  /** The bug in words, with its source. */
  readonly what: string;
  /** File inside `packages`, and the fragment in it that is replaced. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'commit-old-term-by-count',
    what: 'entries of an earlier term are committed by counting replicas (§5.4.2, figure 8)',
    file: 'raft/src/core/replication.ts',
    find: 'if (index <= core.committed || core.log.termAt(index) !== core.term) return;',
    replace: 'if (index <= core.committed) return;',
  },
  {
    name: 'answer-before-sync',
    what: 'votes and appends are answered before they are durable',
    file: 'raft/src/core/outbox.ts',
    find: 'if (this.#hasWrite()) this.#thenSend.push(rpc);',
    replace: 'if (this.#hasWrite()) this.#messages.push(rpc);',
  },
  {
    name: 'count-own-entries-before-sync',
    what: 'a leader counts itself for entries that its disk does not hold yet',
    file: 'raft/src/core/replication.ts',
    find: 'id === core.id ? core.outbox.durable : (leader.progress.get(id)?.match ?? 0),',
    replace: 'id === core.id ? core.log.last : (leader.progress.get(id)?.match ?? 0),',
  },
  {
    name: 'forget-vote-on-restart',
    what: 'the vote is not read back after a restart: two leaders in one term',
    file: 'raft/src/driver/opening.ts',
    find: 'hardState: recovered.hardState,',
    replace: 'hardState: { term: recovered.hardState.term, vote: 0 },',
  },
  {
    name: 'truncate-on-stale-append',
    what: 'a delayed append truncates entries that match and came after it (figure 2, step 3)',
    file: 'raft/src/core/following.ts',
    find: 'if (index > batch.last) return;',
    replace:
      'if (index > batch.last) { if (batch.last < core.log.last) core.truncateAfter(batch.last); return; }',
  },
  {
    name: 'apply-what-was-replaced',
    what: 'entries read from disk while their truncation is being written are executed',
    file: 'raft/src/driver/applier.ts',
    find: 'while (last >= batch.first && core.termAt(last) !== batch.termAt(last)) {',
    replace: 'while (false) {',
  },
  {
    name: 'old-half-not-counted',
    what: 'in a joint configuration the new majority alone decides (§6)',
    file: 'raft/src/core/quorum.ts',
    find: 'return Math.min(incoming, majorityValue(configuration.outgoing, valueOf));',
    replace: 'return incoming;',
  },
  {
    name: 'flush-ahead-of-own-log',
    what: 'the state goes into the store though the own log does not hold it yet',
    file: 'raft/src/driver/flusher.ts',
    find: 'return core.applied <= core.durable && core.installing === undefined;',
    replace: 'return core.installing === undefined;',
  },
];
