import type { Raft } from '../core/raft.ts';
import { type LogIndex, type NodeId, logIndex } from '../core/numbers.ts';
import type { Rpc } from '../core/rpc.ts';
import { DEFAULT_SETTINGS, type Settings } from '../core/settings.ts';
import { ENTRIES_MAX } from '../driver/applier.ts';
import { DEFAULT_FLUSH_LIMITS, type FlushLimits } from '../driver/flusher.ts';
import type { GroupGauges } from '../driver/group.ts';
import { QUEUED_BYTES_MAX } from '../driver/transport/outgoing-stream.ts';
import { FRAME_BYTES_MAX } from '../driver/transport/rpc-codec.ts';
import { violated } from './safety-violated.ts';

/** What nodes were told not to exceed. */
export interface MemoryLimits extends Pick<
  Settings,
  | 'appendBytesMax'
  | 'appendsInFlightMax'
  | 'inflightBytesMax'
  | 'uncommittedBytesMax'
  | 'windowBytes'
> {
  readonly dirtyBytesMax: FlushLimits['dirtyBytesMax'];
}

/** Each of the two streams to a peer takes a frame while it is below its bound, and may pass it by that one. */
const STREAMS_BYTES_MAX = QUEUED_BYTES_MAX.bulk + QUEUED_BYTES_MAX.control + 2 * FRAME_BYTES_MAX;

/** What was seen of a leader after the step before. */
interface Pending {
  bytes: number;
  committed: LogIndex;
  durable: LogIndex;
}

/** Memory of each node against the limits that it was told, from outside. */
export class MemoryBounds {
  readonly #limits: MemoryLimits;
  readonly #pending = new WeakMap<Raft, Pending>();
  /** Commands executed one after another while the machine's store lagged too far behind. */
  readonly #executedFull = new Map<NodeId, number>();

  constructor(limits: Partial<MemoryLimits> = {}) {
    const { dirtyBytesMax } = DEFAULT_FLUSH_LIMITS;
    this.#limits = { ...DEFAULT_SETTINGS, dirtyBytesMax, ...limits };
  }

  /**
   * Called after every step. A leader takes an offer while it is below its bound, and may pass it by that one: above it,
   * nothing is added unless something was settled first.
   */
  observe(core: Raft): void {
    const { pendingBytes: bytes, committed, durable } = core;
    const before = this.#pending.get(core);
    if (before === undefined) {
      this.#pending.set(core, { bytes, committed, durable });
      return;
    }
    const hasSettled = committed !== before.committed || durable !== before.durable;
    if (bytes > before.bytes && !hasSettled && before.bytes >= this.#limits.uncommittedBytesMax) {
      violated(`memory: leader ${core.id} takes proposals with ${before.bytes} bytes pending`);
    }
    before.bytes = bytes;
    before.committed = committed;
    before.durable = durable;
  }

  /** Called for every rpc that leaves a node: it has given up the memory that it can in this very turn. */
  sent(rpc: Rpc, core: Raft): void {
    this.#requireWindow(core);
    if (rpc.kind === 'append-entries' && rpc.batches.length > 0) this.#requireInflights(rpc, core);
  }

  /** A node is about to execute a command, and so many bytes are executed and not in its store. */
  applying(id: NodeId, dirtyBytes: number): void {
    const { dirtyBytesMax } = this.#limits;
    const executed = dirtyBytes < dirtyBytesMax ? 0 : (this.#executedFull.get(id) ?? 0) + 1;
    this.#executedFull.set(id, executed);
    // What has begun before goes on until sockets get their turn.
    if (executed > ENTRIES_MAX) {
      violated(`memory: node ${id} executes ${executed} commands with ${dirtyBytes} dirty bytes`);
    }
  }

  /** Called now and then: gauges cost more than a comparison. */
  gauged(id: NodeId, { last, applied, proposalsWaiting, peers }: GroupGauges): void {
    // Peers are named by leaders only; one that has just lost the lead has not told everybody yet.
    if (peers.length > 0 && proposalsWaiting > last - applied) {
      violated(
        `memory: ${proposalsWaiting} proposals wait at node ${id} for ${last - applied} entries`,
      );
    }
    for (const { id: peer, queuedBytes } of peers) {
      if (queuedBytes <= STREAMS_BYTES_MAX) continue;
      violated(`memory: ${queuedBytes} bytes wait at node ${id} for node ${peer}`);
    }
  }

  /** Another process of the node begins. */
  opened(id: NodeId): void {
    this.#executedFull.delete(id);
  }

  /**
   * Entries that are applied and durable stay in memory up to the bound. Beyond it only those may be there that share a
   * batch with the first that is not: batches are given up as a whole. One of several entries is no larger than an
   * append.
   */
  #requireWindow(core: Raft): void {
    const { windowBytes, appendBytesMax } = this.#limits;
    const held = core.windowBytes;
    if (held <= windowBytes + appendBytesMax) return;
    const through = Math.min(core.applied, core.durable);
    const later = core.entriesFrom(logIndex(through + 1), Number.POSITIVE_INFINITY);
    const laterBytes = later?.reduce((sum, { byteLength }) => sum + byteLength, 0) ?? 0;
    if (later !== undefined && held - laterBytes > appendBytesMax) {
      violated(`memory: node ${core.id} holds ${held - laterBytes} bytes that it could give up`);
    }
  }

  #requireInflights({ to, batches }: Rpc & { kind: 'append-entries' }, core: Raft): void {
    const { appendBytesMax, appendsInFlightMax, inflightBytesMax } = this.#limits;
    const [first] = batches;
    const last = batches.at(-1);
    const bytes = batches.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > appendBytesMax && first?.first !== last?.last) {
      violated(`memory: leader ${core.id} sends ${bytes} bytes in one append`);
    }
    const peer = core.peers().find(({ id }) => id === to);
    if (peer === undefined) return;
    const { inflightAppends: appends, inflightBytes } = peer;
    // One that is larger than the bound travels alone.
    if (appends > appendsInFlightMax || (appends > 1 && inflightBytes > inflightBytesMax)) {
      violated(`memory: leader ${core.id} has ${appends} appends on their way to node ${to}`);
    }
  }
}
