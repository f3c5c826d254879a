import type { NodeEvent } from '@rrmq/raft';

/** Why a node that runs cannot take part, as far as its peers have told it. */
export class NodeHealth {
  #problem: string | undefined;

  /** `undefined` when nothing is known to be wrong. */
  get problem(): string | undefined {
    return this.#problem;
  }

  saw(event: NodeEvent): void {
    if (event.kind === 'refused-by-peer') {
      this.#problem = `node ${event.peer} refuses this one (${event.refusal.code}: ${event.refusal.text})`;
    } else if (event.kind === 'stream-opened') {
      this.#problem = undefined;
    }
  }
}
