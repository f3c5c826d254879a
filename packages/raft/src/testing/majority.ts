import type { NodeId } from '../core/numbers.ts';

/** Not the product's own count, which may be what is wrong. */
export function hasMajority(voters: readonly NodeId[], has: (id: NodeId) => boolean): boolean {
  return voters.length === 0 || voters.filter((id) => has(id)).length * 2 > voters.length;
}
