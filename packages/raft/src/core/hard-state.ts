import type { NodeId, Term } from './numbers.ts';

/** What must survive a crash before anything is answered on its strength (figure 2, "persistent state"). */
export interface HardState {
  readonly term: Term;
  /** Whom this node voted for in `term`; 0: nobody. */
  readonly vote: NodeId;
}
