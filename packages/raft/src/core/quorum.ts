import type { Configuration } from './configuration.ts';
import type { NodeId } from './numbers.ts';

export type Tally = 'won' | 'lost' | 'pending';

/** The voters of the old and of the new configuration, each once. */
export function votersOf(configuration: Configuration): readonly NodeId[] {
  if (configuration.outgoing.length === 0) return configuration.voters;
  return [...new Set([...configuration.voters, ...configuration.outgoing])];
}

/** Everybody who receives entries: voters and learners. */
export function receiversOf(configuration: Configuration): readonly NodeId[] {
  return [...new Set([...votersOf(configuration), ...configuration.learners])];
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id);
}

/**
 * The highest value that a majority has reached; in a joint configuration, a majority of each half (§6).
 * 0 for a configuration without voters.
 */
export function quorumValue(configuration: Configuration, valueOf: (id: NodeId) => number): number {
  const incoming = majorityValue(configuration.voters, valueOf);
  if (configuration.outgoing.length === 0) return incoming;
  return Math.min(incoming, majorityValue(configuration.outgoing, valueOf));
}

/** What the votes cast so far amount to; in a joint configuration both halves must agree (§6). */
export function tallyVotes(
  configuration: Configuration,
  votes: ReadonlyMap<NodeId, boolean>,
): Tally {
  const incoming = tallyHalf(configuration.voters, votes);
  if (configuration.outgoing.length === 0) return incoming;
  const outgoing = tallyHalf(configuration.outgoing, votes);
  if (incoming === 'lost' || outgoing === 'lost') return 'lost';
  return incoming === 'won' && outgoing === 'won' ? 'won' : 'pending';
}

/** Whether the nodes for which `has` is true form a quorum. */
export function isQuorum(configuration: Configuration, has: (id: NodeId) => boolean): boolean {
  return quorumValue(configuration, (id) => (has(id) ? 1 : 0)) === 1;
}

function majorityValue(voters: readonly NodeId[], valueOf: (id: NodeId) => number): number {
  const values = voters.map(valueOf);
  const needed = Math.floor(values.length / 2) + 1;
  let highest = 0;
  // Asked for with every answer: for the few voters of a cluster this is cheaper than to sort.
  for (const value of values) {
    if (value > highest && countFrom(value, values) >= needed) highest = value;
  }
  return highest;
}

/** How many of the values are `least` or more. */
function countFrom(least: number, values: readonly number[]): number {
  let count = 0;
  for (const value of values) if (value >= least) count += 1;
  return count;
}

function tallyHalf(voters: readonly NodeId[], votes: ReadonlyMap<NodeId, boolean>): Tally {
  const granted = voters.filter((id) => votes.get(id) === true).length;
  const refused = voters.filter((id) => votes.get(id) === false).length;
  const majority = Math.floor(voters.length / 2) + 1;
  if (granted >= majority) return 'won';
  return refused > voters.length - majority ? 'lost' : 'pending';
}
