import type { NodeId } from '../core/numbers.ts';
import type { Configuration, Member } from '../core/configuration.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { DurableLog } from '../storage/log.ts';
import type { NodeEvent } from './node-events.ts';
import type { Ports } from './node-options.ts';
import { GROUP_ID } from './opening.ts';
import { Silence } from './silence.ts';
import type { PeerAddress, PeerAuth } from '../ports.ts';
import { Transport } from './transport/transport.ts';

export interface PeersOptions {
  readonly core: Raft;
  readonly log: DurableLog;
  readonly ports: Ports;
  /** Where peers reach this node. */
  readonly address: PeerAddress;
  readonly auth: PeerAuth;
  /** Two election timeouts: silence and stalls of this length have a reason. */
  readonly stallMs: number;
  /** Runs what came from a peer, as a step of the core; not when the node has stopped. */
  readonly step: (act: () => void) => void;
  /** A stream to the peer is open. */
  readonly onConnected: (peer: NodeId) => void;
  readonly onEvent: (event: NodeEvent) => void;
}

/** The other nodes, as the driver deals with them: what they send goes to the core, what the core sends goes to them. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #transport: Transport;
  readonly #silence: Silence;
  #nowMs: number;
  #met: ReadonlySet<NodeId> = new Set();
  #members: readonly Member[] = [];
  /** Members of the configuration before that are none of the newest. */
  #leaving: readonly Member[] = [];

  constructor(options: PeersOptions) {
    const { clock } = options.ports;
    this.#options = options;
    this.#nowMs = clock.monotonicMs();
    this.#silence = new Silence(options.stallMs);
    this.#transport = this.#open();
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** Peers answer a leader's heartbeats and a candidate's requests; a follower asks nobody. */
  reopenSilent(nowMs: number, { asks }: { asks: boolean }): void {
    this.#nowMs = nowMs;
    if (!asks) this.#silence.excuse(nowMs);
    for (const peer of this.#silence.overdue(nowMs)) this.#transport.reopen(peer);
  }

  /**
   * A configuration is in force. Who leaves with it stays connected until it is committed, and a leader that removed itself
   * for as long as it leads: it needs the answers of the others to commit that, and hands over then (§6).
   */
  meet({ members, nextId }: Configuration): void {
    const before = [...this.#members, ...this.#leaving];
    this.#members = members;
    this.#leaving = before.filter(({ id }) => members.every((member) => member.id !== id));
    this.#setPeers(nextId);
  }

  /** Parts from those who left, once they are no longer needed. Cheap: called every turn. */
  partFromLeaving(): void {
    if (this.#leaving.length === 0) return;
    const { leader, committed, configuration, configurationIndex } = this.#options.core;
    if (committed < configurationIndex) return;
    const needed = this.#leaving.filter(({ id }) => id === leader);
    if (needed.length === this.#leaving.length) return;
    this.#leaving = needed;
    this.#setPeers(configuration.nextId);
  }

  #setPeers(nextId: NodeId): void {
    const { core } = this.#options;
    const peers = [...this.#members, ...this.#leaving]
      .filter(({ id }) => id !== core.id)
      .map(({ id, address, instanceId }) => ({
        id,
        address: { ip: address.ip, port: address.internalPort },
        instanceId,
      }));
    this.#transport.setPeers(peers, { nextId });
    const known = this.#transport.stats;
    for (const peer of this.#met) if (!known.has(peer)) this.#forget(peer);
    this.#met = new Set(known.keys());
  }

  /** The transport tells nothing of links that it was told to close. */
  #forget(peer: NodeId): void {
    this.#silence.closed(peer);
    this.#options.core.peerDisconnected(peer);
  }

  #open(): Transport {
    const { core, log, ports, address, auth, stallMs, step, onConnected, onEvent } = this.#options;
    const { network, timers, clock, random } = ports;
    const { identity, incarnation, peers } = log.recovered;
    return new Transport({
      network,
      timers,
      clock,
      random,
      auth,
      identity: { identity, incarnation, address },
      groupId: GROUP_ID,
      knownPeers: peers,
      stallMs,
      handlers: {
        received: (rpc: Rpc) => {
          this.#silence.heard(rpc.from, this.#nowMs);
          step(() => core.step(rpc, clock.monotonicMs()));
        },
        connected: (peer) => {
          this.#silence.opened(peer, this.#nowMs);
          step(() => core.peerConnected(peer));
          onConnected(peer);
        },
        disconnected: (peer) => {
          this.#silence.closed(peer);
          step(() => core.peerDisconnected(peer));
        },
        gone: (peer) => {
          onEvent({ kind: 'peer-gone', peer });
          step(() => core.peerGone(peer));
        },
        remember: (peer, instanceId, done) => log.rememberPeer(peer, instanceId, done),
        event: onEvent,
      },
    });
  }
}
