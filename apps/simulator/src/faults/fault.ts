import type { SimRandom } from '@rrmq/raft/testing';
import type { Trouble } from './trouble.ts';

/** One way in which things go wrong. */
export interface Fault {
  readonly name: string;
  /** How often it is picked, relative to the others of its family. */
  readonly weight: number;
  /** Everything random about it comes from `random`, which is its own. */
  readonly inject: (trouble: Trouble, random: SimRandom) => void;
}

/** Faults that a seed has all of, or none. */
export interface Family {
  readonly name: string;
  /** The part of the seeds that have it. */
  readonly chance: number;
  readonly faults: readonly [Fault, ...Fault[]];
  /** Its faults come at this pace and by a schedule of their own, in ms; default: among those of the other families. */
  readonly everyMs?: number;
  /** They may destroy what a node's disk holds. */
  readonly isDestructive?: boolean;
}
