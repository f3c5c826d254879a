import type { Configuration } from '../core/configuration.ts';
import type { LogIndex, NodeId, Term } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { KnownConfigurations } from './known-configurations.ts';
import { hasMajority } from './majority.ts';
import { violated } from './safety-violated.ts';

/** What an election rests on. */
export interface Election {
  /** In force at the leader before the step in which it was elected. */
  readonly before: Configuration;
  readonly known: KnownConfigurations;
  /** Whether this entry of this term was committed in a term before the leader's. */
  readonly wasCommitted: (index: LogIndex, term: Term) => boolean;
  readonly votedFor: (voter: NodeId) => boolean;
}

/**
 * Who may lead. A node goes by the newest configuration in its own log, committed or not (§6), so that one which the
 * newest committed configuration leaves out may still be elected lawfully: it need not know of the commit, and its
 * voters may not either (thesis §4.2.2). What Raft promises all the same: a leader knows every configuration that was
 * committed before its term (§5.4); a quorum of what it went by voted for it, counted from the votes that left nodes;
 * and some configuration made it a voter.
 */
export function requireElected(
  core: Raft,
  { before, known, wasCommitted, votedFor }: Election,
): void {
  const { id, term, configuration, configurationIndex } = core;
  for (const placed of known.all) {
    if (placed.index <= configurationIndex || !wasCommitted(placed.index, placed.term)) continue;
    violated(
      `leader ${id} of term ${term} does not know the committed configuration ${placed.index}`,
    );
  }
  if (!known.everVoted(id)) violated(`node ${id} leads, and never was a voter`);
  // A leader goes on with a change under way in the very step in which it is elected.
  const isElected = [configuration, before].some(
    ({ voters, outgoing }) => hasMajority(voters, votedFor) && hasMajority(outgoing, votedFor),
  );
  if (!isElected) violated(`node ${id} leads term ${term} without the votes of a quorum`);
}
