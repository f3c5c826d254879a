import { type NodeId, incarnation } from './numbers.ts';
import type { Heartbeat } from './rpc.ts';
import type { CoreState } from './state.ts';

/** Written out: so many are made that putting them together from parts costs as much as all else about them. */
export function heartbeatTo(
  { id, term, clock, now }: CoreState,
  to: NodeId,
  { commit, round }: Pick<Heartbeat, 'commit' | 'round'>,
): Heartbeat {
  return {
    kind: 'heartbeat',
    from: id,
    to,
    term,
    incarnation: incarnation(0),
    commit,
    round,
    now: clock.now(now.monotonicMs, now.wallMs),
  };
}
