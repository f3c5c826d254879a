import type { Configuration, Member, Promotion } from './configuration.ts';
import { type NodeId, nodeId } from './numbers.ts';
import { receiversOf } from './quorum.ts';

/** How one configuration follows from another (§6). Values in, values out. */

/** A new learner. Voters stay as they are, so that no joint phase is needed. */
export function withLearner(
  configuration: Configuration,
  member: Omit<Member, 'id'>,
  promotion: Omit<Promotion, 'id'> | undefined,
): Configuration {
  const id = configuration.nextId;
  const { members, learners, promoting } = configuration;
  return {
    ...configuration,
    members: [...members, { ...member, id }],
    learners: [...learners, id],
    promoting: promotion === undefined ? promoting : [...promoting, { ...promotion, id }],
    nextId: nodeId(id + 1),
  };
}

/** The data directory of a member is known from now on. Voters stay as they are. */
export function withInstance(
  configuration: Configuration,
  { id, instanceId }: Pick<Member, 'id' | 'instanceId'>,
): Configuration {
  const members = configuration.members.map((member) =>
    member.id === id ? { ...member, instanceId } : member,
  );
  return { ...configuration, members };
}

/**
 * Names the data directories of members by what a node has met. A newcomer has met nobody: it would take a member whose
 * disk was wiped, and who has forgotten what it voted and acknowledged, for the one that it was.
 */
export function withInstances(
  configuration: Configuration,
  instances: ReadonlyMap<NodeId, string>,
): Configuration {
  const members = configuration.members.map((member) => ({
    ...member,
    instanceId: member.instanceId ?? instances.get(member.id),
  }));
  return { ...configuration, members };
}

/** A learner is to become a voter by itself. */
export function withPromotion(configuration: Configuration, promotion: Promotion): Configuration {
  return { ...configuration, promoting: [...configuration.promoting, promotion] };
}

export interface Moves {
  /** Learners that become voters. */
  readonly promote: readonly NodeId[];
  /** Voters and learners that leave. */
  readonly remove: readonly NodeId[];
}

/**
 * The first half of a change: where voters change, the old ones count, too, until the second half (`leaving`). Learners
 * that leave are gone at once: they never counted.
 */
export function entering(configuration: Configuration, { promote, remove }: Moves): Configuration {
  const stays = (id: NodeId): boolean => !remove.includes(id);
  const voters = [...configuration.voters, ...promote].filter(stays);
  const changes = promote.length > 0 || !configuration.voters.every(stays);
  const learners = configuration.learners.filter((id) => stays(id) && !promote.includes(id));
  const promoting = configuration.promoting
    .filter(({ id }) => learners.includes(id))
    .map(({ id, replaces }) => ({
      id,
      replaces: replaces !== undefined && stays(replaces) ? replaces : undefined,
    }));
  const outgoing = changes ? configuration.voters : [];
  return keepReceivers({ ...configuration, voters, outgoing, learners, promoting });
}

/** The second half: the old voters no longer count, and who is neither voter nor learner is gone. */
export function leaving(configuration: Configuration): Configuration {
  return keepReceivers({ ...configuration, outgoing: [] });
}

function keepReceivers(configuration: Configuration): Configuration {
  const receivers = receiversOf(configuration);
  const members = configuration.members.filter(({ id }) => receivers.includes(id));
  return { ...configuration, members };
}
