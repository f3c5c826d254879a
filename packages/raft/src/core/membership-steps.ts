import { isConfirmed } from './check-quorum.ts';
import type { Configuration } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { EntryType } from './entry-batch.ts';
import { beginRound } from './heartbeats.ts';
import { entering, leaving, withInstances } from './joint-consensus.ts';
import { NOBODY, type NodeId } from './numbers.ts';
import { encodeOwn } from './own-entries.ts';
import { Progress } from './progress.ts';
import { receiversOf } from './quorum.ts';
import { replicate } from './replication.ts';
import type { Leader } from './role.ts';
import { shortcomingOf } from './standing.ts';
import type { CoreState } from './state.ts';
import { transfer } from './transfer.ts';

/** What a leader does by itself about a change of membership (§6), its own or one that it found. */

/**
 * Takes the next step when the one before is committed: leaves the joint phase, makes way when it is no voter any more,
 * promotes learners that have caught up. Nothing before the first entry of its term is committed: only then does a
 * leader know that no other configuration can be (the bug of the single-server change, raft-dev 2015).
 */
export function advanceMembership(core: CoreState): void {
  const { role, configuration } = core;
  if (role.kind !== 'leader' || role.transfer !== undefined) return;
  if (core.committed < role.termStart || core.committed < core.configurationIndex) return;
  if (configuration.outgoing.length > 0) {
    appendConfiguration(core, role, leaving(configuration));
  } else if (!core.isVoter) {
    resign(core, role);
  } else if (configuration.promoting.length > 0 && isConfirmed(core, role)) {
    promoteCaughtUp(core, role);
  }
}

/** Appends a configuration, with all data directories that this node knows; it is in force at once. */
export function appendConfiguration(
  core: CoreState,
  leader: Leader,
  configuration: Configuration,
): void {
  const named = withInstances(configuration, core.instances);
  core.append(encodeOwn(core, EntryType.configuration, [encodeConfiguration(named)]));
  const receivers = receiversOf(core.configuration);
  for (const id of leader.progress.keys()) {
    if (!receivers.includes(id)) leader.progress.delete(id);
  }
  for (const id of receivers) {
    if (id === core.id || leader.progress.has(id)) continue;
    leader.progress.set(id, new Progress(core.configurationIndex, core.settings));
  }
  replicate(core, leader);
}

/**
 * Why these voters could not be relied on to go on: no majority of them lives and has caught up. `undefined` when one
 * does.
 */
export function quorumAtRisk(
  core: CoreState,
  leader: Leader,
  voters: readonly NodeId[],
): string | undefined {
  const shortcomings = voters
    .map((id) => shortcomingOf(core, leader, id))
    .filter((shortcoming) => shortcoming !== undefined);
  const reliable = voters.length - shortcomings.length;
  const needed = Math.floor(voters.length / 2) + 1;
  if (reliable >= needed) return undefined;
  const count = `${reliable} of the ${voters.length} voters to be can be relied on`;
  return `${count}, ${needed} are needed: ${shortcomings.join('; ')}`;
}

/** All learners that are ready go in one change; one that hangs holds up no other. */
function promoteCaughtUp(core: CoreState, leader: Leader): void {
  const ready = core.configuration.promoting.filter(
    ({ id }) => shortcomingOf(core, leader, id) === undefined,
  );
  if (ready.length === 0) return;
  const promote = ready.map(({ id }) => id);
  const remove = ready.map(({ replaces }) => replaces).filter((id) => id !== undefined);
  const next = entering(core.configuration, { promote, remove });
  if (quorumAtRisk(core, leader, next.voters) !== undefined) return;
  appendConfiguration(core, leader, next);
}

/**
 * The configuration without this node is committed: tells so, hands over to the best voter and leads no more (§6). A
 * voter takes over at once where one can be reached, else after an election timeout.
 */
function resign(core: CoreState, leader: Leader): void {
  beginRound(core, leader);
  if (!transfer(core, undefined).ok) core.becomeFollower(core.term, NOBODY);
}
