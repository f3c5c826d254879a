import type { NodeId } from '../core/numbers.ts';
import type { Rpc } from '../core/rpc.ts';
import { violated } from './safety-violated.ts';

/**
 * Nodes that came back under their old id with an empty disk. They have forgotten votes and acknowledgements that others
 * count on, so that nobody may hear another one from them (W12 of the scenarios).
 */
export class WipedNodes {
  readonly #ids = new Set<NodeId>();

  add(id: NodeId): void {
    this.#ids.add(id);
  }

  /** Called for every rpc that leaves a node. */
  sent(rpc: Rpc): void {
    if (this.#ids.size === 0 || !this.#ids.has(rpc.from) || !counts(rpc)) return;
    violated(`node ${rpc.from}, whose disk was wiped, takes part again by a ${rpc.kind}`);
  }
}

function counts(rpc: Rpc): boolean {
  if (rpc.kind === 'vote-reply') return rpc.granted && !rpc.pre;
  if (rpc.kind === 'append-reply') return rpc.ok;
  return rpc.kind === 'append-entries';
}
