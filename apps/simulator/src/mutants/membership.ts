import type { Mutant } from './mutant.ts';

const JOINT = 'raft/src/core/joint-consensus.ts';
const QUORUM = 'raft/src/core/quorum.ts';
const STATE = 'raft/src/core/state.ts';

/** Bugs of changes of membership (§6, thesis §4). */
export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  {
    name: 'old-half-not-counted',
    what: 'in a joint configuration the new majority alone commits (§6)',
    patches: [
      {
        file: QUORUM,
        find: 'return Math.min(incoming, majorityValue(configuration.outgoing, valueOf));',
        replace: 'return incoming;',
      },
    ],
  },
  {
    name: 'old-half-not-asked',
    what: 'in a joint configuration the new majority alone elects (§6)',
    patches: [
      {
        file: QUORUM,
        find: 'const outgoing = tallyHalf(configuration.outgoing, votes);',
        replace: 'const outgoing = incoming;',
      },
    ],
  },
  {
    name: 'joint-majority-of-all',
    what: 'a joint configuration is decided by a majority of all its nodes, those that leave among them (§6)',
    patches: [
      {
        file: QUORUM,
        find: 'return Math.min(incoming, majorityValue(configuration.outgoing, valueOf));',
        replace: 'return majorityValue(votersOf(configuration), valueOf);',
      },
    ],
  },
  {
    name: 'no-joint-phase',
    what: 'several voters change at once without a joint phase (§6, figure 10)',
    patches: [
      {
        file: JOINT,
        find: 'const outgoing = changes ? configuration.voters : [];',
        replace: 'const outgoing = [];',
      },
    ],
  },
  {
    name: 'single-step-before-no-op',
    what: 'voters change one at a time, and a leader begins before an entry of its term is committed (raft-dev, 2015)',
    patches: [
      {
        file: JOINT,
        find: 'const outgoing = changes ? configuration.voters : [];',
        replace: 'const outgoing = promote.length + remove.length > 1 ? configuration.voters : [];',
      },
      {
        file: 'raft/src/core/membership.ts',
        find: 'if (core.committed < role.termStart) {',
        replace: 'if (false) {',
      },
      {
        file: 'raft/src/core/membership-steps.ts',
        find: 'if (core.committed < role.termStart || core.committed < core.configurationIndex) return;',
        replace: 'if (core.committed < core.configurationIndex) return;',
      },
    ],
  },
  {
    name: 'second-change-before-first-is-committed',
    what: 'the joint phase is left before its entry is committed (§6)',
    patches: [
      {
        file: 'raft/src/core/membership-steps.ts',
        find: 'if (core.committed < role.termStart || core.committed < core.configurationIndex) return;',
        replace: 'if (core.committed < role.termStart) return;',
      },
    ],
  },
  {
    name: 'learner-counted',
    what: 'what learners hold counts towards the majority of the voters',
    patches: [
      {
        file: QUORUM,
        find: 'const incoming = majorityValue(configuration.voters, valueOf);',
        replace:
          'const incoming = [...configuration.voters, ...configuration.learners].map(valueOf).toSorted((a, b) => b - a)[Math.floor(configuration.voters.length / 2)] ?? 0;',
      },
    ],
  },
  {
    name: 'configuration-not-rolled-back',
    what: 'a configuration stays in force though its entry was truncated (§6)',
    patches: [{ file: STATE, find: 'this.#configurations.truncateAfter(index);', replace: '' }],
  },
  {
    name: 'configuration-in-force-when-committed',
    what: 'a configuration is in force when it is committed, not when it is appended (§6)',
    patches: [
      {
        file: STATE,
        find: 'return this.#configurations.newest.configuration;',
        replace: 'return this.#configurations.at(this.#committed).configuration;',
      },
      {
        file: 'raft/src/core/configuration-history.ts',
        find: 'const found = this.#placed.findLast((placed) => placed.index <= index);\n    assert(found',
        replace:
          'const found = this.#placed.findLast((placed) => placed.index <= index) ?? this.#placed[0];\n    assert(found',
      },
    ],
  },
  {
    name: 'newcomers-take-a-wiped-disk',
    what: 'configurations do not name data directories: who joins takes a wiped node for the one that it was',
    patches: [
      {
        file: 'raft/src/core/membership-steps.ts',
        find: 'const named = withInstances(configuration, core.instances);',
        replace: 'const named = configuration;',
      },
    ],
  },
  {
    name: 'wiped-disk-not-refused',
    what: 'a node is known by its id alone: one whose disk was wiped takes part again, and has forgotten its votes',
    patches: [
      {
        file: 'raft/src/driver/transport/judging.ts',
        find: 'if (known.instanceId !== undefined && known.instanceId !== instanceId) {',
        replace: 'if (false) {',
      },
      {
        file: 'raft/src/driver/transport/peer-book.ts',
        find: "assert(known === undefined || known === instanceId, 'an instance id never changes');",
        replace: '',
      },
      {
        file: 'raft/src/driver/transport/peer-book.ts',
        find: 'return this.instanceOf(peer) === instanceId && this.bootOf(peer) === boot;',
        replace: 'return this.bootOf(peer) === boot;',
      },
    ],
  },
  {
    name: 'removed-leader-counts-itself',
    what: 'a leader that is no voter any more counts itself (§6)',
    patches: [
      {
        file: 'raft/src/core/replication.ts',
        find: 'const reached = quorumValue(core.configuration, (id) =>',
        replace:
          'const own = core.configuration; const reached = quorumValue({ ...own, voters: [...new Set([...own.voters, core.id])] }, (id) =>',
      },
    ],
  },
];
