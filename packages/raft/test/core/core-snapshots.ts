import { assert } from '../../src/core/assert.ts';
import {
  type LogIndex,
  type NodeId,
  type Term,
  logIndex,
  logTime,
} from '../../src/core/numbers.ts';
import type { Raft } from '../../src/core/raft.ts';
import type { Ready, SnapshotMark } from '../../src/core/ready.ts';
import type { InstallReply, InstallSnapshot, SnapshotName } from '../../src/core/rpc.ts';
import type { DurableImage } from './durable-image.ts';

/** A chunk is one command, so that scripts can count them. */
interface Sending {
  readonly name: SnapshotName;
  readonly chunks: readonly Buffer[];
  movedAtMs: number;
  next: number;
}

interface Receiving {
  readonly name: SnapshotName;
  readonly from: NodeId;
  readonly term: Term;
  readonly commands: string[];
}

/** Without progress for so long a transfer is given up; a chunk without an answer is sent again after a tenth of it. */
const GIVE_UP_MS = 10_000;

/** Sends and receives snapshots of one node's store, as the driver does: one chunk at a time. */
export class CoreSnapshots {
  readonly sending = new Map<NodeId, Sending>();
  receiving: Receiving | undefined;
  /** Snapshots that were taken into the store since the start. */
  installed = 0;
  /** Chunks that were taken, repeated ones not counted. */
  chunksTaken = 0;
  /** The state machine does not adopt a snapshot before `adopt`. */
  heldAdoption = false;
  #lastId = 0;
  #wantsAdoption: LogIndex | undefined;
  readonly #disk: DurableImage;

  constructor(disk: DurableImage) {
    this.#disk = disk;
  }

  act(core: Raft, ready: Pick<Ready, 'snapshots' | 'snapshotRpcs'>, nowMs: number): void {
    for (const peer of ready.snapshots) this.#begin(core, peer, nowMs);
    for (const rpc of ready.snapshotRpcs) {
      if (rpc.kind === 'install-snapshot') this.#receive(core, rpc);
      else this.#answered(core, rpc, nowMs);
    }
  }

  /** The store goes on from the snapshot whose record is durable by now. */
  persisted(core: Raft, adopt: (commands: readonly string[]) => void): void {
    if (this.#wantsAdoption === undefined || this.heldAdoption) return;
    if (this.#disk.store.index < this.#wantsAdoption) return;
    this.#wantsAdoption = undefined;
    this.installed += 1;
    adopt(this.#disk.store.commands);
    core.restored();
  }

  tick(core: Raft, nowMs: number): void {
    for (const [peer, sending] of this.sending) {
      const quietMs = nowMs - sending.movedAtMs;
      if (quietMs >= GIVE_UP_MS) {
        this.sending.delete(peer);
        core.snapshotEnded(peer, { kind: 'failed' });
      } else if (quietMs >= GIVE_UP_MS / 10) this.#send(core, peer, sending);
    }
  }

  #begin(core: Raft, peer: NodeId, nowMs: number): void {
    const { index, commands } = this.#disk.store;
    const mark = core.markAt(index);
    this.#lastId += 1;
    const name: SnapshotName = {
      id: this.#lastId,
      index,
      term: mark.term,
      at: logTime(index),
      configuration: mark.configuration.payload,
      configurationIndex: mark.configuration.index,
    };
    const chunks = commands.length === 0 ? [''] : commands;
    const sending = {
      name,
      chunks: chunks.map((command) => Buffer.from(command)),
      movedAtMs: nowMs,
      next: 0,
    };
    this.sending.set(peer, sending);
    this.#send(core, peer, sending);
  }

  #send(core: Raft, peer: NodeId, { name, chunks, next }: Sending): void {
    const data = chunks[next];
    assert(data !== undefined, 'a transfer ends with its last chunk');
    const chunk = { snapshot: name, chunk: next, last: next === chunks.length - 1, data };
    if (!core.sendChunk(peer, chunk)) this.sending.delete(peer);
  }

  #answered(core: Raft, rpc: InstallReply, nowMs: number): void {
    const sending = this.sending.get(rpc.from);
    if (sending?.name.id !== rpc.snapshotId) return;
    sending.movedAtMs = nowMs;
    if (rpc.status === 'more') {
      if (rpc.next <= sending.next && rpc.next > 0) return;
      sending.next = rpc.next;
      this.#send(core, rpc.from, sending);
      return;
    }
    this.sending.delete(rpc.from);
    const { index } = sending.name;
    const installed = rpc.status === 'installed';
    core.snapshotEnded(rpc.from, installed ? { kind: 'installed', index } : { kind: 'failed' });
  }

  #receive(core: Raft, rpc: InstallSnapshot): void {
    const { snapshot, chunk } = rpc;
    if (core.installing !== undefined || snapshot.index <= core.committed) {
      core.answerChunk(rpc, core.installing === undefined ? 'installed' : 'refused', chunk);
      return;
    }
    const before = this.receiving;
    const goesOn =
      before?.from === rpc.from && before.term === rpc.term && before.name.id === snapshot.id;
    const fresh = { name: snapshot, from: rpc.from, term: rpc.term, commands: [] };
    const receiving: Receiving = goesOn ? before : fresh;
    this.receiving = receiving;
    if (chunk === receiving.commands.length) {
      receiving.commands.push(rpc.data.toString());
      this.chunksTaken += 1;
      if (rpc.last) {
        this.#finish(core, rpc, receiving);
        return;
      }
    }
    core.answerChunk(rpc, 'more', receiving.commands.length);
  }

  #finish(core: Raft, rpc: InstallSnapshot, { name, commands }: Receiving): void {
    this.receiving = undefined;
    this.#disk.received = commands.filter((command) => command !== '');
    const { configuration: payload, configurationIndex, ...place } = name;
    const mark: SnapshotMark = {
      index: place.index,
      term: place.term,
      at: place.at,
      configuration: { index: configurationIndex, payload },
      generation: this.installed + 2,
    };
    if (core.restore(mark)) this.#wantsAdoption = logIndex(mark.index);
    core.answerChunk(rpc, 'installed', rpc.chunk + 1);
  }
}
