import type { Incarnation, NodeId } from '../../core/numbers.ts';
import type { Clock, Network, PeerAddress, PeerAuth, Random, Timers } from '../../ports.ts';
import type { Self } from './greeting.ts';
import type { Acquaintance } from './judging.ts';
import type { PeerBook } from './peer-book.ts';
import type { StrangerEvents } from './stranger-events.ts';
import type { TransportHandlers } from './transport-events.ts';

export interface Peer {
  readonly id: NodeId;
  readonly address: PeerAddress;
  /** Of its data directory, when the configuration says so: then no other one is accepted under this id. */
  readonly instanceId?: string | undefined;
}

/** What all streams of one transport share. */
export interface TransportContext {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
  readonly auth: PeerAuth;
  readonly groupId: number;
  readonly self: Self;
  /** A bulk stream whose queue has not moved for this long is opened again. */
  readonly stallMs: number;
  readonly book: PeerBook;
  readonly handlers: TransportHandlers;
  readonly strangers: StrangerEvents;
  acquaintance(peer: NodeId): Acquaintance;
  /** Notes the boot that a peer shows and, when it is a new one, ends everything that belongs to earlier ones. */
  sawBoot(peer: NodeId, boot: Incarnation): void;
}
