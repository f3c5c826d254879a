import { isConfirmed } from './check-quorum.ts';
import type { Member, NodeAddress } from './configuration.ts';
import {
  type Moves,
  entering,
  withInstance,
  withLearner,
  withPromotion,
} from './joint-consensus.ts';
import type { MembershipAnswer, MembershipChange, MembershipRefusal } from './membership-change.ts';
import { appendConfiguration, quorumAtRisk } from './membership-steps.ts';
import { type NodeId, logIndex } from './numbers.ts';
import type { Leader } from './role.ts';
import { nameOf, shortcomingOf } from './standing.ts';
import type { CoreState } from './state.ts';

/**
 * Changes of membership that are asked for (§6, thesis §4.3): by joint consensus, in force from the moment when they
 * are appended, one at a time. What is in force already, or on its way, may be asked for again.
 */

type Add = Extract<MembershipChange, { kind: 'add' }>;

export function changeMembers(core: CoreState, change: MembershipChange): MembershipAnswer {
  const { role } = core;
  if (role.kind !== 'leader') return refused('not-leader', 'this node does not lead');
  if (core.committed < role.termStart) {
    return refused('unconfirmed', 'the first entry of this leader is not committed yet');
  }
  if (!isConfirmed(core, role)) {
    return refused('unconfirmed', 'no quorum has answered this leader lately');
  }
  if (role.transfer !== undefined) {
    const target = nameOf(core.configuration, role.transfer.target);
    return refused('transferring', `leadership is being handed over to ${target}`);
  }
  switch (change.kind) {
    case 'add':
      return add(core, role, change);
    case 'promote':
      return promote(core, role, [...new Set(change.ids)]);
    case 'remove':
      return remove(core, role, [...new Set(change.ids)]);
    default:
      change satisfies never;
      return refused('invalid-change', 'there is no such change');
  }
}

/** Whether the newest configuration is committed and not joint. */
export function isSettled(core: CoreState): boolean {
  return core.configurationIndex <= core.committed && core.configuration.outgoing.length === 0;
}

function add(core: CoreState, leader: Leader, change: Add): MembershipAnswer {
  const { configuration } = core;
  const { address, instanceId, replaces } = change;
  const known = configuration.members.find(
    (member) => member.id !== replaces && haveSameAddress(member.address, address),
  );
  if (known !== undefined) return addAgain(core, leader, { change, known });
  const refusal = refusalToAdd(core, change);
  if (refusal !== undefined) return refusal;
  if (!isSettled(core)) return inProgress(core);
  const promotion = change.as === 'voter' ? { replaces } : undefined;
  appendConfiguration(core, leader, withLearner(configuration, { address, instanceId }, promotion));
  return { ok: true, index: core.configurationIndex, id: configuration.nextId };
}

/** A member listens there: the one that is to be added, or another. */
function addAgain(
  core: CoreState,
  leader: Leader,
  { change, known }: { change: Add; known: Member },
): MembershipAnswer {
  const { configuration } = core;
  const { id } = known;
  const isLearner = configuration.learners.includes(id);
  // A learner of which only the address is known has never run: who joins from that address is it.
  const binds = isLearner && known.instanceId === undefined && change.instanceId !== undefined;
  if (binds) return bind(core, leader, { id, change });
  if (known.instanceId !== change.instanceId) {
    const name = nameOf(configuration, id);
    const text = `${name} has this address, with another data directory: remove or replace it first`;
    return refused('address-taken', text);
  }
  if (!isLearner && !configuration.voters.includes(id)) return inProgress(core);
  const promoting = configuration.promoting.some((promotion) => promotion.id === id);
  if (change.as === 'learner' || !isLearner || promoting) return nothingToDo(core, id);
  const refusal = refusalToAdd(core, change);
  if (refusal !== undefined) return refusal;
  if (!isSettled(core)) return inProgress(core);
  appendConfiguration(
    core,
    leader,
    withPromotion(configuration, { id, replaces: change.replaces }),
  );
  return { ok: true, index: core.configurationIndex, id };
}

/** The node that was added by its address alone has come, and tells its data directory. */
function bind(
  core: CoreState,
  leader: Leader,
  { id, change }: { id: NodeId; change: Add },
): MembershipAnswer {
  const refusal = refusalToAdd(core, change);
  if (refusal !== undefined) return refusal;
  if (!isSettled(core)) return inProgress(core);
  const { instanceId } = change;
  appendConfiguration(core, leader, withInstance(core.configuration, { id, instanceId }));
  return { ok: true, index: core.configurationIndex, id };
}

function refusalToAdd(core: CoreState, change: Add): MembershipAnswer | undefined {
  const { configuration } = core;
  const { address, instanceId, replaces } = change;
  const twin = configuration.members.find(
    (member) => instanceId !== undefined && member.instanceId === instanceId,
  );
  const listensThere = twin !== undefined && haveSameAddress(twin.address, address);
  if (twin !== undefined && (!listensThere || twin.id === replaces)) {
    const text = `its data directory is that of ${nameOf(configuration, twin.id)}: remove that first`;
    return refused('invalid-change', text);
  }
  if (replaces === undefined) return undefined;
  if (change.as === 'learner') return refused('invalid-change', 'a learner replaces nobody');
  if (!configuration.members.some(({ id }) => id === replaces)) return unknown(replaces);
  const rival = configuration.promoting.find((promotion) => promotion.replaces === replaces);
  if (rival === undefined) return undefined;
  const [replaced, by] = [nameOf(configuration, replaces), nameOf(configuration, rival.id)];
  return refused('invalid-change', `${replaced} is being replaced by ${by} already`);
}

function promote(core: CoreState, leader: Leader, ids: readonly NodeId[]): MembershipAnswer {
  const { members, learners, promoting } = core.configuration;
  if (ids.length === 0) return refused('invalid-change', 'nobody was named');
  const stranger = ids.find((id) => !members.some((member) => member.id === id));
  if (stranger !== undefined) return unknown(stranger);
  const chosen = ids.filter((id) => learners.includes(id));
  if (chosen.length === 0) return nothingToDo(core, undefined);
  if (!isSettled(core)) return inProgress(core);
  const shortcomings = chosen
    .map((id) => shortcomingOf(core, leader, id))
    .filter((shortcoming) => shortcoming !== undefined);
  if (shortcomings.length > 0) return refused('not-caught-up', shortcomings.join('; '));
  const replaced = promoting
    .filter(({ id }) => chosen.includes(id))
    .map(({ replaces }) => replaces)
    .filter((id) => id !== undefined);
  return move(core, leader, { promote: chosen, remove: replaced });
}

function remove(core: CoreState, leader: Leader, ids: readonly NodeId[]): MembershipAnswer {
  const { voters, learners, nextId } = core.configuration;
  if (ids.length === 0) return refused('invalid-change', 'nobody was named');
  const stranger = ids.find((id) => id < 1 || id >= nextId);
  if (stranger !== undefined) return unknown(stranger);
  const chosen = ids.filter((id) => voters.includes(id) || learners.includes(id));
  if (chosen.length === 0) return nothingToDo(core, undefined);
  if (!isSettled(core)) return inProgress(core);
  return move(core, leader, { promote: [], remove: chosen });
}

function move(core: CoreState, leader: Leader, moves: Moves): MembershipAnswer {
  const next = entering(core.configuration, moves);
  if (next.voters.length === 0) return refused('invalid-change', 'the last voter cannot leave');
  const risk = next.outgoing.length > 0 ? quorumAtRisk(core, leader, next.voters) : undefined;
  if (risk !== undefined) return refused('would-lose-quorum', risk);
  appendConfiguration(core, leader, next);
  return { ok: true, index: core.configurationIndex, id: undefined };
}

/** It was asked for before; its entry may still be on its way. */
function nothingToDo(core: CoreState, id: NodeId | undefined): MembershipAnswer {
  return { ok: true, index: isSettled(core) ? logIndex(0) : core.configurationIndex, id };
}

function inProgress({ configuration, configurationIndex }: CoreState): MembershipAnswer {
  const names = configuration.voters.map((id) => nameOf(configuration, id)).join(', ');
  const text = `an earlier change (entry ${configurationIndex}) is not over; its voters: ${names}`;
  return refused('change-in-progress', text);
}

const unknown = (id: NodeId): MembershipAnswer =>
  refused('unknown-member', `node ${id} is no member`);

function refused(reason: MembershipRefusal, text: string): MembershipAnswer {
  return { ok: false, reason, text };
}

/** Two nodes cannot listen on one port. */
function haveSameAddress(a: NodeAddress, b: NodeAddress): boolean {
  return a.ip === b.ip && (a.port === b.port || a.internalPort === b.internalPort);
}
