import { isConfirmed } from './check-quorum.ts';
import { logIndex } from './numbers.ts';
import type { ReadId } from './pending-reads.ts';
import type { Leader } from './role.ts';
import type { CoreState } from './state.ts';

/** Linearizable reads by ReadIndex (§8, thesis §6.4); there are no leader-lease reads. */

export type ReadRefusal = 'not-leader' | 'unconfirmed' | 'overloaded';

/** Reads that may wait for a quorum at one time. A quorum answers in milliseconds, or the leader steps down. */
const READS_MAX = 100_000;

/** Asks for a read; `undefined` when it was taken and will come out of `Ready.reads`. */
export function read(core: CoreState, id: ReadId): ReadRefusal | undefined {
  const { role } = core;
  if (role.kind !== 'leader') return 'not-leader';
  if (!isConfirmed(core, role)) return 'unconfirmed';
  if (role.reads.count >= READS_MAX) return 'overloaded';
  // Before its own first entry is committed a leader does not know all that is committed.
  const index = logIndex(Math.max(core.committed, role.termStart));
  role.reads.add({ id, index });
  return undefined;
}

/** Hands out the reads that a quorum has confirmed. */
export function confirmReads(core: CoreState, leader: Leader): void {
  if (!leader.rounds.trusted || core.committed < leader.termStart) return;
  for (const { id, index } of leader.reads.confirm(leader.rounds.confirmed)) {
    core.confirmRead(id, index);
  }
}
