import type { Mutant } from './mutant.ts';

const RECEIVING = 'raft/src/driver/snapshot-receiving.ts';
const RAFT_NODE = 'raft/src/driver/raft-node.ts';
const SINK = 'queue/src/snapshot/snapshot-sink.ts';
const STATE = 'raft/src/core/state.ts';

/** Bugs of snapshots: what they say, and when they take the place of the log (§7). */
export const SNAPSHOT_MUTANTS: readonly Mutant[] = [
  {
    name: 'snapshot-of-uncommitted-configuration',
    what: 'a snapshot names the newest configuration, not the one in force at its index',
    patches: [
      {
        file: STATE,
        find: 'const { index: place, configuration } = this.#configurations.at(index);',
        replace: 'const { index: place, configuration } = this.#configurations.newest;',
      },
    ],
  },
  {
    name: 'snapshot-without-its-configuration',
    what: 'who installs a snapshot goes on with the configuration that it had before',
    patches: [
      {
        file: STATE,
        find: 'this.#configurations.replace(placed, mark.index, keepsSuffix);',
        replace: '',
      },
    ],
  },
  {
    name: 'snapshot-keeps-conflicting-suffix',
    what: 'entries behind a snapshot are kept though the entry at its end had another term (figure 13, step 6)',
    patches: [
      {
        file: STATE,
        find: 'const keepsSuffix = this.log.termAt(mark.index) === mark.term;',
        replace: 'const keepsSuffix = this.log.last > mark.index;',
      },
    ],
  },
  {
    name: 'snapshot-goes-back',
    what: 'a snapshot of less than what is committed here is installed',
    patches: [
      {
        file: 'raft/src/core/installing.ts',
        find: "if (mark.index <= core.committed || core.role.kind === 'leader') return false;",
        replace: "if (core.role.kind === 'leader') return false;",
      },
      {
        file: RECEIVING,
        find: 'if (rpc.snapshot.index <= core.committed) {',
        replace: 'if (false) {',
      },
      {
        file: STATE,
        find: "assert(mark.index > this.#committed, 'a snapshot brings more than is committed here');",
        replace: '',
      },
    ],
  },
  {
    name: 'snapshot-adopted-before-rename',
    what: 'the log names a received state whose files do not have their name yet',
    patches: [
      {
        file: SINK,
        find: 'await this.#receiving.keep();',
        replace: 'void this.#receiving.keep();',
      },
    ],
  },
  {
    name: 'snapshot-in-force-before-its-record',
    what: 'a received state takes the place of the old one before the log says so durably',
    patches: [
      {
        file: RAFT_NODE,
        find: 'this.#log.append(write, () => this.#persisted(write));',
        replace:
          'if (write.install !== undefined) this.#parts.snapshots.inForce(write.install.mark);\n    this.#log.append(write, () => this.#persisted(write));',
      },
      {
        file: RAFT_NODE,
        find: 'if (install !== undefined) this.#parts.snapshots.inForce(install.mark);',
        replace: '',
      },
    ],
  },
  {
    name: 'snapshot-acknowledged-when-complete',
    what: 'a snapshot is acknowledged when its last chunk came, and not when it is in force',
    patches: [
      {
        file: RECEIVING,
        find: 'if (core.restore(mark)) {\n      this.#incoming = undefined;',
        replace:
          "if (core.restore(mark)) {\n      this.#incoming = undefined;\n      this.#completing = undefined;\n      this.#answer(rpc, 'installed', rpc.chunk + 1);",
      },
      {
        file: 'raft/src/core/installing.ts',
        find: "if (answer.status === 'installed') core.outbox.sendWhenDurable(reply);\n  else core.outbox.sendWhenTermDurable(reply);",
        replace: 'core.outbox.sendWhenTermDurable(reply);',
      },
    ],
  },
  {
    name: 'snapshot-confirmed-before-sync',
    what: 'a snapshot that brings nothing new is acknowledged though the entries themselves are not durable yet',
    patches: [
      {
        file: 'raft/src/core/installing.ts',
        find: "if (answer.status === 'installed') core.outbox.sendWhenDurable(reply);\n  else core.outbox.sendWhenTermDurable(reply);",
        replace: 'core.outbox.sendWhenTermDurable(reply);',
      },
    ],
  },
  {
    name: 'snapshot-adopted-before-whole',
    what: 'a snapshot is put in force when its second chunk has come',
    patches: [
      {
        file: RECEIVING,
        find: 'if (rpc.last) {',
        replace: 'if (rpc.last || rpc.chunk > 0) {',
      },
      {
        file: SINK,
        find: "ensure(this.#stream.complete, 'the last chunk is missing');",
        replace: '',
      },
      { file: SINK, find: "ensure(problem === undefined, problem ?? '');", replace: '' },
    ],
  },
  {
    name: 'snapshot-of-two-transfers',
    what: 'chunks of one snapshot are taken as those of another one',
    patches: [
      {
        file: RECEIVING,
        find: 'from === sender && incarnation === boot && snapshot.id === name.id;',
        replace: 'true;',
      },
      {
        file: RECEIVING,
        find: 'if (index !== name.index || at !== name.at) {',
        replace: 'if (false) {',
      },
      {
        file: 'queue/src/snapshot/record-stream.ts',
        find: 'if (!encodeEnd(records, checksum).equals(bytes.subarray(start, end))) return undefined;',
        replace: '',
      },
      { file: SINK, find: "ensure(problem === undefined, problem ?? '');", replace: '' },
    ],
  },
  {
    name: 'mark-of-replaced-state',
    what: 'a flush that began before a snapshot was installed marks the state after it',
    patches: [
      {
        file: 'raft/src/driver/flusher.ts',
        find: 'if (core.installing !== undefined || generation() !== ofGeneration) return;',
        replace: '',
      },
      {
        file: 'raft/src/driver/flusher.ts',
        find: 'at, generation: ofGeneration };',
        replace: 'at, generation: generation() };',
      },
    ],
  },
];
