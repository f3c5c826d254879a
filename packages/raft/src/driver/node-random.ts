import type { Random } from '../ports.ts';

/** Chance of the JavaScript engine: fit for timeouts and jitter, not for secrets. */
export class NodeRandom implements Random {
  next(): number {
    return Math.random();
  }
}
