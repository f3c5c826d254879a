import { join } from 'node:path';
import { type JoiningNode, NodeRandom, newInstanceId, nodeId } from '@rrmq/raft';
import type { Logger } from 'pino';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { requestMembership } from './join-request.ts';
import { type Joined, type Membership, readJoined, writeJoined } from './joined-file.ts';
import { type WantedAddress, chooseAddress } from './own-address.ts';

/** Where a joined node keeps its data unless told otherwise: one in each working directory. */
export const defaultJoinedDirectory = (workingDirectory: string): string =>
  join(workingDirectory, 'rrmq-data', 'joined');

export interface JoinPlan {
  /** Of any node of the cluster; needed for the first start only. */
  readonly url: string | undefined;
  readonly wanted: WantedAddress;
  readonly as: 'voter' | 'learner';
  readonly directory: string;
  readonly adminToken: string | undefined;
  /** PEM of who signed the cluster's certificates. */
  readonly ca: string | undefined;
  readonly logger: Logger;
}

/** A joined node, ready to be started: its place in the cluster is known here for good. */
export interface JoinedNode {
  readonly address: Joined['address'];
  readonly create: JoiningNode;
}

/**
 * Joins the cluster, once: what it answered is kept in the data directory, and later starts ask nobody. A start that
 * died before the answer asks again, as the same node.
 */
export async function joinNode(plan: JoinPlan): Promise<JoinedNode> {
  const { directory, url } = plan;
  const before = readJoined(directory);
  const membershipBefore = before?.membership ?? undefined;
  if (before !== undefined && membershipBefore !== undefined) {
    return joinedNode(before, membershipBefore);
  }
  if (url === undefined) throw nothingJoined(directory);
  const target = parseUrl(url);
  const joined = before ?? {
    address: await chooseAddress(plan.wanted, target),
    instanceId: newInstanceId(new NodeRandom()),
    membership: null,
  };
  writeJoined(directory, joined);
  const membership = await requestMembership({ ...plan, url: target, joined });
  writeJoined(directory, { ...joined, membership });
  plan.logger.info(
    { event: 'joined', id: membership.id },
    `is node ${membership.id} of the cluster`,
  );
  return joinedNode(joined, membership);
}

function joinedNode({ address, instanceId }: Joined, membership: Membership): JoinedNode {
  const { id, clusterId, clusterEpoch, configuration } = membership;
  const ids = (values: readonly number[]) => values.map((value) => nodeId(value));
  return {
    address,
    create: {
      nodeId: nodeId(id),
      clusterId,
      clusterEpoch,
      instanceId,
      configuration: {
        members: configuration.members.map((member) => ({ ...member, id: nodeId(member.id) })),
        voters: ids(configuration.voters),
        outgoing: ids(configuration.outgoing),
        learners: ids(configuration.learners),
        promoting: configuration.promoting.map((each) => ({
          id: nodeId(each.id),
          replaces: each.replaces === undefined ? undefined : nodeId(each.replaces),
        })),
        nextId: nodeId(configuration.nextId),
      },
    },
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/') return url;
  const message = `--join is ${JSON.stringify(text)}: it must be the URL of a node, such as http://10.0.0.1:7001.`;
  throw new NodeFailure(message, ExitCode.usage, 'See "rrmq-node --help".');
}

function nothingJoined(directory: string): NodeFailure {
  const message = `No node has joined a cluster in ${directory}.`;
  const advice = 'Give a config file and an index, or --join <url of a node>.';
  return new NodeFailure(message, ExitCode.usage, advice);
}
