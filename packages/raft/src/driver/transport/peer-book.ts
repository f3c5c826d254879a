import { assert } from '../../core/assert.ts';
import { type Incarnation, type NodeId, incarnation } from '../../core/numbers.ts';

/** Makes the instance id of a peer durable, then calls `done`. */
export type Remember = (peer: NodeId, instanceId: string, done: () => void) => void;

/**
 * What this node knows of its peers' identities: their data directories (by the configuration, or remembered durably)
 * and boots (since its own start). Guarantees: an instance id, once remembered, never changes, and only the configuration
 * comes before it; the boot of a data directory never goes back.
 */
export class PeerBook {
  readonly #remembered: Map<NodeId, string>;
  /** As the configuration in force says. */
  #configured: ReadonlyMap<NodeId, string> = new Map<NodeId, string>();
  readonly #boots = new Map<NodeId, Incarnation>();
  readonly #remember: Remember;
  /** Who waits until the instance id of a peer is durable. */
  readonly #waiting = new Map<NodeId, (() => void)[]>();

  constructor(known: ReadonlyMap<NodeId, string>, remember: Remember) {
    this.#remembered = new Map(known);
    this.#remember = remember;
  }

  /** Takes the instance ids of a configuration, in the place of those of the one before. */
  configure(instances: ReadonlyMap<NodeId, string>): void {
    const before = [...this.#boots.keys()].map((peer) => [peer, this.instanceOf(peer)] as const);
    this.#configured = instances;
    // Boots of another directory count for nothing.
    for (const [peer, instanceId] of before) {
      if (this.instanceOf(peer) !== instanceId) this.#boots.delete(peer);
    }
  }

  /** Known, or being made durable; `undefined` before first contact. */
  instanceOf(peer: NodeId): string | undefined {
    return this.#configured.get(peer) ?? this.#remembered.get(peer);
  }

  /** Whether the peer is known to be this boot of this data directory, and no other. */
  isCurrent(peer: NodeId, instanceId: string, boot: Incarnation): boolean {
    return this.instanceOf(peer) === instanceId && this.bootOf(peer) === boot;
  }

  /** The latest boot seen; 0 when none. */
  bootOf(peer: NodeId): Incarnation {
    return this.#boots.get(peer) ?? incarnation(0);
  }

  /** Notes a boot. True when the peer had shown an earlier one. */
  sawBoot(peer: NodeId, boot: Incarnation): boolean {
    const before = this.bootOf(peer);
    assert(boot >= before, 'the boot of a peer never goes back');
    this.#boots.set(peer, boot);
    return before > 0 && boot > before;
  }

  /** Calls back when the peer's instance id is durable, or stands in the configuration: at once when it is so already. */
  meet(peer: NodeId, instanceId: string, then: () => void): void {
    const known = this.instanceOf(peer);
    assert(known === undefined || known === instanceId, 'an instance id never changes');
    if (this.#configured.has(peer)) return then();
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) waiting.push(then);
    else if (known !== undefined) then();
    else {
      this.#remembered.set(peer, instanceId);
      this.#waiting.set(peer, [then]);
      this.#remember(peer, instanceId, () => this.#tellWaiting(peer));
    }
    return undefined;
  }

  #tellWaiting(peer: NodeId): void {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    for (const then of waiting) then();
  }
}
