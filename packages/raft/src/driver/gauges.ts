import type { Raft } from '../core/raft.ts';
import type { StateMachine } from '../ports.ts';
import type { DurableLog } from '../storage/log.ts';
import type { Completions } from './completions.ts';
import type { GroupGauges } from './group.ts';
import type { Reads } from './reads.ts';
import type { RoomWatch } from './room-watch.ts';
import type { Transport } from './transport/transport.ts';

/** Where the measures of a node come from. */
export interface GaugeSources {
  readonly core: Raft;
  readonly log: DurableLog;
  readonly machine: Pick<StateMachine<unknown>, 'flushedIndex' | 'dirtyBytes'>;
  readonly transport: Transport;
  readonly room: RoomWatch;
  readonly reads: Reads;
  readonly completions: Pick<Completions<unknown>, 'waiting'>;
}

export function readGauges(sources: GaugeSources): GroupGauges {
  const { core, log, machine, transport, room, reads, completions } = sources;
  const { bytes: logBytes, syncMs, syncMsMax } = log.stats();
  const streams = transport.stats;
  return {
    committed: core.committed,
    applied: core.applied,
    last: core.last,
    durable: core.durable,
    compacted: core.compacted,
    flushed: machine.flushedIndex,
    pendingBytes: core.pendingBytes,
    dirtyBytes: machine.dirtyBytes,
    windowBytes: core.windowBytes,
    logBytes,
    freeBytes: room.freeBytes,
    syncMs,
    syncMsMax,
    readsWaiting: reads.waiting,
    proposalsWaiting: completions.waiting,
    peers: core.peers().map((peer) => ({
      ...peer,
      connected: streams.get(peer.id)?.connected ?? false,
      queuedBytes: streams.get(peer.id)?.queuedBytes ?? 0,
    })),
  };
}
