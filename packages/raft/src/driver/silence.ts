import type { NodeId } from '../core/numbers.ts';

/**
 * When each peer that should answer was last heard. A stream can look open though nothing comes through (the path is
 * gone, or the other end was lost without a trace): after long silence it is opened anew.
 */
export class Silence {
  readonly #limitMs: number;
  readonly #heardAtMs = new Map<NodeId, number>();
  #checkedAtMs = 0;

  /** Peers that are silent for `limitMs` are reported. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Our stream to the peer was opened. */
  opened(peer: NodeId, nowMs: number): void {
    this.#heardAtMs.set(peer, nowMs);
  }

  /** The peer spoke. */
  heard(peer: NodeId, nowMs: number): void {
    if (this.#heardAtMs.has(peer)) this.#heardAtMs.set(peer, nowMs);
  }

  /** Our stream to it is closed: there is nothing to open anew. */
  closed(peer: NodeId): void {
    this.#heardAtMs.delete(peer);
  }

  /** This node asked nobody anything, so that silence means nothing. */
  excuse(nowMs: number): void {
    for (const peer of this.#heardAtMs.keys()) this.#heardAtMs.set(peer, nowMs);
  }

  /** Peers that have been silent for too long; each is given as much time again. Cheap to call often. */
  overdue(nowMs: number): readonly NodeId[] {
    if (nowMs - this.#checkedAtMs < this.#limitMs / 16) return [];
    this.#checkedAtMs = nowMs;
    const peers: NodeId[] = [];
    for (const [peer, heardAtMs] of this.#heardAtMs) {
      if (nowMs - heardAtMs >= this.#limitMs) peers.push(peer);
    }
    for (const peer of peers) this.#heardAtMs.set(peer, nowMs);
    return peers;
  }
}
