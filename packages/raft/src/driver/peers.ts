import type { NodeId } from '../core/numbers.ts';
import type { Member } from '../core/configuration.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { DurableLog } from '../storage/log.ts';
import type { NodeEvent } from './node-events.ts';
import type { Ports } from './node-options.ts';
import { GROUP_ID } from './opening.ts';
import { Silence } from './silence.ts';
import type { PeerAddress, PeerAuth } from '../ports.ts';
import type { Peer } from './transport/transport-context.ts';
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
  /** An rpc reaches the core. */
  readonly onReceived: (rpc: Rpc) => void;
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
  #met: ReadonlyMap<NodeId, Peer> = new Map();
  #linked: ReadonlySet<NodeId> = new Set();

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
   * Talks to the members that the core names, and to the leader that it follows though it is being removed: until that
   * is committed everywhere nobody else can tell what is.
   */
  meet(): void {
    const { core } = this.#options;
    const { members, leader } = core;
    const peers = new Map(members.map((member) => [member.id, peerOf(member)]));
    const led = this.#met.get(leader);
    if (led !== undefined && !peers.has(leader)) peers.set(leader, led);
    peers.delete(core.id);
    this.#transport.setPeers([...peers.values()], core.configuration);
    const known = this.#transport.stats;
    for (const peer of this.#linked) if (!known.has(peer)) this.#forget(peer);
    this.#linked = new Set(known.keys());
    this.#met = peers;
  }

  /** The transport tells nothing of links that it was told to close. */
  #forget(peer: NodeId): void {
    this.#silence.closed(peer);
    this.#options.core.peerDisconnected(peer);
  }

  #open(): Transport {
    const { core, log, ports, address, auth, stallMs } = this.#options;
    const { step, onReceived, onConnected, onEvent } = this.#options;
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
          step(() => {
            onReceived(rpc);
            core.step(rpc, clock.monotonicMs());
          });
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
        remember: (peer, instanceId, done) =>
          log.rememberPeer(peer, instanceId, () => {
            core.met(peer, instanceId);
            done();
          }),
        event: onEvent,
      },
    });
  }
}

const peerOf = ({ id, address, instanceId }: Member): Peer => ({
  id,
  address: { ip: address.ip, port: address.internalPort },
  instanceId,
});
