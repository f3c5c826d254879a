import type { Mutant } from './mutant.ts';

const EXECUTION = 'queue/src/execution.ts';
const FLUSH_PLAN = 'queue/src/flush-plan.ts';
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
        find: 'state.dirty.putBack([...topics].filter(({ place }) => place > state.floor));',
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
        file: EXECUTION,
        find: 'const message = takeMessage(state, topic);',
        replace:
          'const message = topic.flushingThrough > topic.storedThrough ? undefined : takeMessage(state, topic);',
      },
    ],
  },
  {
    name: 'retry-executed-again',
    what: 'a repeated publish is executed again',
    patches: [
      {
        file: EXECUTION,
        find: "if (verdict.kind === 'duplicate') return published(topic, verdict.answer, true);",
        replace: '',
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
        file: 'queue/src/snapshot-stream.ts',
        find: 'yield* entriesOfKind(view, KeyKind.producer, floor);',
        replace: '',
      },
    ],
  },
];
