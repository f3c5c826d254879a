import { assert } from '../../core/assert.ts';
import { type Incarnation, type NodeId, incarnation } from '../../core/numbers.ts';

/** Makes the instance id of a peer durable, then calls `done`. */
export type Remember = (peer: NodeId, instanceId: string, done: () => void) => void;

/**
 * What this node knows of its peers' identities: their data directories (durably) and boots (since its own start).
 * Guarantees: an instance id, once taken, never changes; the boot of a peer never goes back.
 */
export class PeerBook {
  readonly #instances: Map<NodeId, string>;
  readonly #boots = new Map<NodeId, Incarnation>();
  readonly #remember: Remember;
  /** Who waits until the instance id of a peer is durable. */
  readonly #waiting = new Map<NodeId, (() => void)[]>();

  constructor(known: ReadonlyMap<NodeId, string>, remember: Remember) {
    this.#instances = new Map(known);
    this.#remember = remember;
  }

  /** Known, or being made durable; `undefined` before first contact. */
  instanceOf(peer: NodeId): string | undefined {
    return this.#instances.get(peer);
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

  /** Calls back when the peer's instance id is durable: at once when it is already. */
  meet(peer: NodeId, instanceId: string, then: () => void): void {
    const known = this.#instances.get(peer);
    assert(known === undefined || known === instanceId, 'an instance id never changes');
    const waiting = this.#waiting.get(peer);
    if (waiting !== undefined) {
      waiting.push(then);
    } else if (known !== undefined) {
      then();
    } else {
      this.#instances.set(peer, instanceId);
      this.#waiting.set(peer, [then]);
      this.#remember(peer, instanceId, () => this.#remembered(peer));
    }
  }

  #remembered(peer: NodeId): void {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    for (const then of waiting) then();
  }
}
