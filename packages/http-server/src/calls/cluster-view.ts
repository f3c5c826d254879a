import type { ClusterView, ConfigurationBody, MemberView } from '@rrmq/contract';
import type { Configuration, Member, PeerGauges } from '@rrmq/raft';
import { baseUrl } from '../base-url.ts';
import { v1Reply } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import type { V1Node } from './v1-node.ts';

/** `GET /v1/cluster`: what this node knows, without asking anybody. */
export function getCluster(node: V1Node, call: V1Call): void {
  call.answer(v1Reply(200, clusterView(node)));
}

export function clusterView(node: V1Node): ClusterView {
  const status = node.group.status();
  const gauges = node.admin.gauges();
  const { committed, applied, last, durable, compacted, flushed } = gauges;
  const { freeBytes = null, logBytes, dirtyBytes, syncMs } = gauges;
  return {
    clusterId: node.info.clusterId,
    clusterEpoch: node.info.clusterEpoch,
    node: status.id,
    role: status.role,
    term: status.term,
    leader: status.leader?.id ?? null,
    ready: status.ready,
    members: memberViews(node),
    isSettled: status.configuration.outgoing.length === 0,
    indexes: { committed, applied, last, durable, compacted, flushed },
    disk: { freeBytes, logBytes, dirtyBytes },
    syncMs,
  };
}

/** The members in the order of their ids. */
export function memberViews({ group, admin, scheme }: V1Node): MemberView[] {
  const { configuration, leader } = group.status();
  const peers = new Map(admin.gauges().peers.map((peer) => [peer.id, peer]));
  return configuration.members
    .toSorted((a, b) => a.id - b.id)
    .map((member) => ({
      id: member.id,
      url: baseUrl(scheme, member.address),
      address: addressOf(member),
      role: roleOf(member, configuration),
      isLeader: member.id === leader?.id,
      ...promotionOf(member, configuration),
      ...progressOf(peers.get(member.id)),
    }));
}

/** All that a node needs to join. */
export function configurationBody(configuration: Configuration): ConfigurationBody {
  const { members, voters, outgoing, learners, promoting, nextId } = configuration;
  return {
    members: members.map((member) => ({
      id: member.id,
      address: addressOf(member),
      ...(member.instanceId === undefined ? {} : { instanceId: member.instanceId }),
    })),
    voters: [...voters],
    outgoing: [...outgoing],
    learners: [...learners],
    promoting: promoting.map(({ id, replaces }) =>
      replaces === undefined ? { id } : { id, replaces },
    ),
    nextId,
  };
}

function addressOf({ address: { ip, port, internalPort } }: Member): MemberView['address'] {
  return { ip, port, internalPort };
}

/** A voter that is not among those to come leaves with the change under way. */
function roleOf({ id }: Member, { voters, learners }: Configuration): MemberView['role'] {
  if (voters.includes(id)) return 'voter';
  return learners.includes(id) ? 'learner' : 'leaving';
}

function promotionOf({ id }: Member, { promoting }: Configuration): Partial<MemberView> {
  const promotion = promoting.find((each) => each.id === id);
  if (promotion === undefined) return {};
  const { replaces } = promotion;
  return replaces === undefined ? { promoting: true } : { promoting: true, replaces };
}

function progressOf(peer: PeerGauges | undefined): Partial<MemberView> {
  if (peer === undefined) return {};
  const { state, match, lagEntries, live, room } = peer;
  return { state, match, lagEntries, live, room };
}
