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
];
