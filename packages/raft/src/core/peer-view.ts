import type { LogIndex, NodeId } from './numbers.ts';
import { isLive, lagOf } from './standing.ts';
import type { CoreState } from './state.ts';

/** What a leader knows of one peer at this moment; plain data. */
export interface PeerView {
  readonly id: NodeId;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  /** Known to be durable there, and equal to ours, through here. */
  readonly match: LogIndex;
  /** The newest heartbeat round that it answered; rounds are counted anew in each term. 0: none. */
  readonly answeredRound: number;
  /** Entries of the leader's log that it is not known to hold. */
  readonly lagEntries: number;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  /** It answered within the minimum election timeout. */
  readonly live: boolean;
  /** Its disk has room for what makes the state grow, as far as it told. */
  readonly room: boolean;
}

/** Empty unless this node leads. */
export function viewPeers(core: CoreState): PeerView[] {
  const { role } = core;
  if (role.kind !== 'leader') return [];
  return [...role.progress].map(([id, progress]) => ({
    id,
    state: progress.state,
    match: progress.match,
    answeredRound: progress.ackedRound,
    lagEntries: lagOf(core, progress),
    inflightAppends: progress.inflights.count,
    inflightBytes: progress.inflights.bytes,
    live: isLive(core, progress),
    room: progress.room,
  }));
}
