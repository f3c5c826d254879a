import type { Mutant } from './mutant.ts';

const ELECTION = 'raft/src/core/election.ts';
const STATE = 'raft/src/core/state.ts';

/** Bugs of elections: votes, and who may get them (§5.2, §5.4.1). */
export const ELECTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'forget-vote-on-restart',
    what: 'the vote is not read back after a restart: two leaders in one term',
    patches: [
      {
        file: 'raft/src/driver/opening.ts',
        find: 'hardState: recovered.hardState,',
        replace: 'hardState: { term: recovered.hardState.term, vote: 0 },',
      },
    ],
  },
  {
    name: 'forget-vote-on-step-down',
    what: 'a candidate that gives up forgets its vote for itself and votes again in that term',
    patches: [
      {
        file: STATE,
        find: "assert(term > oldTerm || oldVote === NOBODY || oldVote === vote, 'one vote in a term');",
        replace: '',
      },
      {
        file: STATE,
        find: 'if (term > this.term) this.setHardState(term, NOBODY);',
        replace:
          "if (term > this.term || this.#role.kind === 'candidate') this.setHardState(term, NOBODY);",
      },
    ],
  },
  {
    name: 'request-votes-before-sync',
    what: 'a candidate asks for votes before its own term and vote are durable',
    patches: [
      {
        file: ELECTION,
        find: 'else core.outbox.sendWhenDurable(rpc);',
        replace: 'else core.outbox.send(rpc);',
      },
    ],
  },
  {
    name: 'own-vote-before-sync',
    what: 'a candidate counts its vote for itself before that is durable (E13)',
    patches: [
      {
        file: ELECTION,
        find: 'votes: new Map(),\n    wallClocks: [],',
        replace: 'votes: new Map([[core.id, true]]),\n    wallClocks: [],',
      },
      {
        file: ELECTION,
        find: 'else core.outbox.sendWhenDurable(rpc);',
        replace: 'else core.outbox.send(rpc);',
      },
    ],
  },
  {
    name: 'vote-reply-before-sync',
    what: 'a vote is given away before it is durable',
    patches: [
      {
        file: ELECTION,
        find: 'core.outbox.sendWhenDurable(answer);',
        replace: 'core.outbox.send(answer);',
      },
    ],
  },
  {
    name: 'up-to-date-by-length',
    what: 'votes go to the longer log, whatever its last term is: index before term (§5.4.1)',
    patches: [
      {
        file: 'raft/src/core/raft-log.ts',
        find: 'return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.#last);',
        replace:
          'return lastIndex > this.#last || (lastIndex === this.#last && lastTerm >= this.lastTerm);',
      },
    ],
  },
  {
    name: 'up-to-date-not-asked',
    what: 'votes go to whoever asks first, whatever his log holds (§5.4.1)',
    patches: [
      {
        file: 'raft/src/core/raft-log.ts',
        find: 'return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.#last);',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'term-not-adopted-durably',
    what: 'a later term that another node tells of is not written down: a restart goes back to an earlier one',
    patches: [
      {
        file: STATE,
        find: 'this.outbox.writeHardState(this.#hardState);',
        replace: 'if (vote !== NOBODY) this.outbox.writeHardState(this.#hardState);',
      },
    ],
  },
  {
    name: 'removed-nodes-disturb',
    what: 'votes are given away while a live leader is heard: whoever was cut off or removed deposes it (thesis §4.2.3)',
    patches: [
      {
        file: ELECTION,
        find: 'return core.electionClockMs - role.heardAt < electionTimeoutMinMs;',
        replace: 'return false;',
      },
      {
        file: ELECTION,
        find: 'return role.rounds.silenceMs(core.now.monotonicMs) < electionTimeoutMinMs;',
        replace: 'return false;',
      },
    ],
  },
  {
    name: 'pre-vote-while-leader-lives',
    what: 'a pre-vote is granted though a live leader is heard: the real vote is not, and a term is lost (thesis §9.6)',
    patches: [
      {
        file: ELECTION,
        find: '!live && rpc.term > core.term && core.log',
        replace: 'rpc.term > core.term && core.log',
      },
    ],
  },
  {
    name: 'transfer-to-whoever-lags',
    what: 'TimeoutNow goes out before the target has every entry (thesis §3.10)',
    patches: [
      {
        file: 'raft/src/core/transfer.ts',
        find: 'if (leader.progress.get(underWay.target)?.match !== core.log.last) return;\n  if (core.committed < core.log.last) return;',
        replace: '',
      },
    ],
  },
];
