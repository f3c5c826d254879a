import type { Mutant } from './mutant.ts';

const ADVANCING = 'queue/src/execution/advancing.ts';
const PUBLISHING = 'queue/src/execution/publishing.ts';
const RECEIVING = 'queue/src/execution/receiving.ts';
const SETTLING = 'queue/src/execution/settling.ts';
const TRANSITIONS = 'queue/src/execution/transitions.ts';

/** Bugs of the queue's rules, alike on every node: leases, keys, delays, dead letters, dedup. */
export const LEASING_MUTANTS: readonly Mutant[] = [
  {
    name: 'late-settlement-accepted',
    what: 'a settlement counts though the lease is over, as long as nobody else got the message',
    patches: [
      {
        file: SETTLING,
        find: 'lease?.trail.deliveries === parts.delivery && leaseEnd(lease, state.gapMs) > state.at;',
        replace: 'lease?.trail.deliveries === parts.delivery;',
      },
    ],
  },
  {
    name: 'leases-not-put-off',
    what: 'a lease ends at its deadline, however long the group was without a leader',
    patches: [
      {
        file: ADVANCING,
        find: 'const end = leaseEnd(lease, gapMs);',
        replace: 'const end = lease.deadline;',
      },
    ],
  },
  {
    name: 'nack-unblocks-key',
    what: 'a nacked message rests and its key does not wait for it',
    patches: [
      {
        file: SETTLING,
        find: 'rest(state, topic, { meta, until: state.at + delayMs, blocks: true, trail });',
        replace:
          'rest(state, topic, { meta, until: state.at + delayMs, blocks: false, trail });\n  if (key !== undefined) topic.ready.unblock(key);',
      },
    ],
  },
  {
    name: 'extend-keeps-old-deadline',
    what: 'an extension is answered, and the lease ends when it would have ended: the message is leased twice',
    patches: [
      {
        file: SETTLING,
        find: 'topic.leases.set({ ...lease, deadline, lengthMs, gapMsBefore: state.gapMs });',
        replace: '',
      },
    ],
  },
  {
    name: 'dead-letter-counted-twice',
    what: 'a message that becomes a dead letter is counted as two',
    patches: [
      {
        file: TRANSITIONS,
        find: 'topic.counters.deadLettered += 1;',
        replace: 'topic.counters.deadLettered += 2;',
      },
    ],
  },
  {
    name: 'full-topic-drops-though-it-rejects',
    what: 'a publish to a full topic drops the oldest messages, whatever the topic says',
    patches: [
      {
        file: PUBLISHING,
        find: "if (refusal !== 'topic-full' || topic.settings.limits.overflow === 'reject') return refusal;",
        replace: "if (refusal !== 'topic-full') return refusal;",
      },
    ],
  },
  {
    name: 'delayed-message-due-twice',
    what: 'a delayed message is due twice, and becomes ready both times',
    patches: [
      {
        file: TRANSITIONS,
        find: 'state.due.add({ at: until, place: topic.place, sequence, kind: DueKind.delay });',
        replace:
          'for (const at of [until, until + 300]) state.due.add({ at, place: topic.place, sequence, kind: DueKind.delay });',
      },
      {
        file: TRANSITIONS,
        find: 'if (row === undefined) return;\n  const meta',
        replace:
          'if (row === undefined) {\n    const again = topic.bodies.find(sequence);\n    if (again !== undefined) topic.ready.putBack(metaOf(again), UNTOUCHED);\n    return;\n  }\n  const meta',
      },
    ],
  },
  {
    name: 'leased-message-expires',
    what: 'the time to live of a leased message takes it away from its holder',
    patches: [
      {
        file: RECEIVING,
        find: 'topic.ready.serve(meta, true);\n  unwatchExpiry(state, topic, meta);',
        replace: 'topic.ready.serve(meta, true);',
      },
    ],
  },
  {
    name: 'dedup-forgotten-with-message',
    what: 'a dedup id is forgotten when its message is acked',
    patches: [
      {
        file: 'queue/src/state/dedup.ts',
        find: 'if (record.until <= at) this.#rows.delete(keyOf(place, dedupId));\n    else',
        replace: 'this.#rows.delete(keyOf(place, dedupId));\n    if (false)',
      },
    ],
  },
  {
    name: 'release-counts-as-failure',
    what: 'a release counts as a failure',
    patches: [
      {
        file: SETTLING,
        find: 'return comeBack(state, topic, lease, trail);\n    case',
        replace:
          'return comeBack(state, topic, lease, { ...trail, failures: trail.failures + 1 });\n    case',
      },
    ],
  },
  {
    name: 'key-served-while-leased',
    what: 'two messages of one key are leased at once',
    patches: [
      {
        file: 'queue/src/state/keys.ts',
        find: 'if (turn === 0 && !blocked && count > 0) this.#enterRing',
        replace: 'if (turn === 0 && count > 0) this.#enterRing',
      },
    ],
  },
];
