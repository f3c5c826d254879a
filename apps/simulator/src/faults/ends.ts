import { LogCorrupt, type NodeId } from '@rrmq/raft';
import type { Marks } from '../marks.ts';
import type { Cluster } from '../cluster.ts';

/** Whoever watches over processes starts one again so long after its end. */
const RESTART_MS = 300;

/** Knows which faults end a process: any other end of one is a bug. What ended is started again. */
export class Ends {
  readonly #cluster: Cluster;
  readonly #marks: Marks;
  /** Nodes whose disk has too little room. */
  readonly full = new Set<NodeId>();
  /** Nodes of whose files one was damaged while they were down, and which. */
  readonly flipped = new Map<NodeId, string>();
  /** Nodes that said what is damaged: nobody starts them again. */
  readonly refusing = new Set<NodeId>();

  constructor(cluster: Cluster, marks: Marks) {
    this.#cluster = cluster;
    this.#marks = marks;
  }

  isExpected(id: NodeId, error: unknown): boolean {
    if (error instanceof LogCorrupt && this.flipped.get(id) === error.file) {
      if (!this.refusing.has(id)) this.#marks.add('corruption-refused');
      this.refusing.add(id);
      return true;
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Only simulated faults make such an error.
    if (code === 'EIO') this.#marks.add('write-failed');
    else if (code === 'ENOSPC' && this.full.has(id)) this.#marks.add('no-room-to-go-on');
    else return false;
    this.#cluster.world.after(RESTART_MS, () => this.#cluster.start(id));
    return true;
  }
}
