/** What is used of `GET /v1/cluster`. What only a leader knows is missing in the views of others. */
export interface ClusterView {
  readonly role: string;
  /** The id of the leader; `null` when none is known. */
  readonly leader: number | null;
  readonly members: readonly MemberView[];
  /** No change of the voters is under way. */
  readonly isSettled: boolean;
  readonly indexes: {
    readonly committed: number;
    readonly last: number;
    /** Entries up to here are no longer in the log. */
    readonly compacted: number;
  };
}

export interface MemberView {
  readonly id: number;
  readonly url: string;
  readonly role: string;
  readonly isLeader: boolean;
  readonly state?: string;
  /** The last entry that it is known to hold. */
  readonly match?: number;
  readonly lagEntries?: number;
  readonly live?: boolean;
}

/** A follower so close to its leader counts as caught up: it is what the leader itself asks of a new voter. */
const LAG_ENTRIES_MAX = 1000;

/** A node tells what it knows without asking anybody. */
const VIEW_MS_MAX = 1000;

/** How the node at `url` sees the cluster; `undefined` when it does not say in time. */
export async function readView(url: string): Promise<ClusterView | undefined> {
  try {
    const response = await fetch(`${url}/v1/cluster`, { signal: AbortSignal.timeout(VIEW_MS_MAX) });
    if (response.status === 200) return (await response.json()) as ClusterView;
    await response.body?.cancel();
    return undefined;
  } catch {
    return undefined;
  }
}

/** The member whom clients reach at `url`. */
export function memberAt(view: ClusterView, url: string): MemberView | undefined {
  return view.members.find((member) => member.url === url);
}

/** Whether a leader's view says that this node is a voter and has nearly all that the leader has. */
export function isCaughtUp(view: ClusterView, url: string): boolean {
  const member = memberAt(view, url);
  if (view.role !== 'leader' || member?.role !== 'voter' || !view.isSettled) return false;
  if (member.isLeader) return true;
  const { state, live = false, lagEntries = Number.POSITIVE_INFINITY } = member;
  return live && state === 'replicate' && lagEntries <= LAG_ENTRIES_MAX;
}
