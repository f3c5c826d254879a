import type { ClusterView } from '@rrmq/client';

/** A follower so close to its leader counts as caught up: it is what the leader itself asks of a new voter. */
const LAG_ENTRIES_MAX = 1000;

/** Whether a leader's view says that the node at `url` is a voter and has nearly all that the leader has. */
export function isCaughtUp(view: ClusterView, url: string): boolean {
  const member = view.members.find((each) => each.url === url);
  if (view.role !== 'leader' || member?.role !== 'voter' || !view.isSettled) return false;
  if (member.isLeader) return true;
  const { state, live = false, lagEntries = Number.POSITIVE_INFINITY } = member;
  return live && state === 'replicate' && lagEntries <= LAG_ENTRIES_MAX;
}
