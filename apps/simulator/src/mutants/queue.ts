import type { Mutant } from './mutant.ts';

const PUBLISHING = 'queue/src/execution/publishing.ts';
const FLUSH_PLAN = 'queue/src/state/flush-plan.ts';
const SNAPSHOT = 'queue/src/snapshot/snapshot-stream.ts';
const MACHINE = 'queue/src/queue-machine.ts';

/** Bugs between log, queue and store: executed twice, not at all, or not alike everywhere. */
export const QUEUE_MUTANTS: readonly Mutant[] = [
  {
    name: 'apply-what-was-replaced',
    what: 'entries read from disk while their truncation is being written are executed',
    patches: [
      {
        file: 'raft/src/driver/applier.ts',
        find: 'while (last >= batch.first && core.termAt(last) !== batch.termAt(last)) {',
        replace: 'while (false) {',
      },
    ],
  },
  {
    name: 'flush-ahead-of-own-log',
    what: 'the state goes into the store though the own log does not hold it yet',
    patches: [
      {
        file: 'raft/src/driver/flusher.ts',
        find: 'return core.applied <= core.durable && core.installing === undefined;',
        replace: 'return core.installing === undefined;',
      },
    ],
  },
  {
    name: 'marked-before-sync',
    what: 'the log counts on a state that the store has not synced',
    patches: [
      {
        file: MACHINE,
        find: 'await store.write(plan.changes).flushed;',
        replace: 'await store.write(plan.changes).committed;',
      },
    ],
  },
  {
    name: 'executed-twice-after-restart',
    what: 'a restart executes again what came after the last mark, though the store holds it',
    patches: [
      {
        file: 'raft/src/driver/opening.ts',
        find: 'applied: logIndex(Math.max(machine.flushedIndex, recovered.mark?.index ?? 0)),',
        replace: 'applied: logIndex(recovered.mark?.index ?? 0),',
      },
      {
        file: MACHINE,
        find: "assert(index > state.index, 'entries are executed in order, each one once');",
        replace: '',
      },
    ],
  },
  {
    name: 'applied-index-apart-from-state',
    what: 'the store gets the state in one transaction, and how far that came in the next one',
    patches: [
      {
        file: MACHINE,
        find: 'await store.write(plan.changes).flushed;',
        replace:
          'await store.write(plan.changes.slice(0, -1)).flushed;\n      await store.write(plan.changes.slice(-1)).flushed;',
      },
    ],
  },
  {
    name: 'failed-flush-forgotten',
    what: 'what a failed flush should have carried is not tried again',
    patches: [
      {
        file: FLUSH_PLAN,
        find: 'state.dirty.putBack([...topics].filter(isThere));',
        replace: '',
      },
      { file: FLUSH_PLAN, find: 'state.producers.putBack(producers);', replace: '' },
    ],
  },
  {
    name: 'pop-depends-on-the-node',
    what: 'what a pop answers depends on whether this node is flushing',
    patches: [
      {
        file: 'queue/src/execution/receiving.ts',
        find: 'for (let touched = 0; touched < MESSAGES_PER_COMMAND_MAX; touched += 1) {',
        replace:
          'for (let touched = state.rows.dirtyBytes > 20_000 ? 1000 : 0; touched < 1000; touched += 1) {',
      },
    ],
  },
  {
    name: 'retry-executed-again',
    what: 'a repeated publish is executed again',
    patches: [
      {
        file: PUBLISHING,
        find: "if (verdict.kind === 'duplicate') {",
        replace: 'if (false) {',
      },
    ],
  },
  {
    name: 'producers-not-flushed',
    what: 'the store does not get what is remembered of producers: a restart forgets it',
    patches: [
      { file: FLUSH_PLAN, find: 'else changes.push(encodeProducer(memory));', replace: '' },
    ],
  },
  {
    name: 'producers-not-in-snapshot',
    what: 'a snapshot leaves out what is remembered of producers',
    patches: [
      {
        file: SNAPSHOT,
        find: "if (key?.kind === 'producer' && places.has(key.place)) yield entry;",
        replace: '',
      },
    ],
  },
  {
    name: 'read-ahead-kept-after-flush',
    what: 'messages that were read ahead are seen though a flush took them out of the store',
    patches: [
      {
        file: 'queue/src/state/bodies.ts',
        find: 'if (this.#removing !== undefined && this.#removing.size > 0) this.#stored.forget(this.#place);',
        replace: '',
      },
    ],
  },
  {
    name: 'due-of-deleted-topics-not-in-snapshot',
    what: 'a snapshot leaves out what is due in deleted topics: an advance passes by some of it at a time, here and not there',
    patches: [{ file: SNAPSHOT, find: 'kind === RowKind.due ||', replace: '' }],
  },
  {
    name: 'dedup-not-in-snapshot',
    what: 'a snapshot leaves out remembered dedup ids',
    patches: [
      {
        file: SNAPSHOT,
        find: 'if (isKept) yield entry;',
        replace: 'if (isKept && kind !== RowKind.dedup) yield entry;',
      },
    ],
  },
  {
    name: 'dedup-not-flushed',
    what: 'the store does not get remembered dedup ids: a restart forgets them',
    patches: [
      {
        file: FLUSH_PLAN,
        find: 'for (const change of rows) changes.push(change);',
        replace:
          'for (const change of rows) if (change.key[0] !== RowKind.dedup) changes.push(change);',
      },
    ],
  },
  {
    name: 'requests-not-flushed',
    what: 'the store does not get answers kept for idempotency keys: a request is executed twice after a restart',
    patches: [
      {
        file: FLUSH_PLAN,
        find: 'for (const change of rows) changes.push(change);',
        replace:
          'for (const change of rows) if (change.key[0] !== RowKind.request) changes.push(change);',
      },
    ],
  },
  {
    name: 'leases-not-flushed',
    what: 'the store does not get leases: they are lost at a restart',
    patches: [
      {
        file: FLUSH_PLAN,
        find: 'for (const { key, value } of leased.rows) changes.push(sealRow(key, value, arena));',
        replace: '',
      },
    ],
  },
  {
    name: 'settlements-not-flushed',
    what: 'the store does not get how deliveries were settled: after a restart a repeated settlement is refused',
    patches: [{ file: FLUSH_PLAN, find: 'settlements.save();', replace: '' }],
  },
];
