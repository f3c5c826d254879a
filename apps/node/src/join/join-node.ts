import { join } from 'node:path';
import { type JoiningNode, NodeRandom, newInstanceId, nodeId } from '@rrmq/raft';
import type { Logger } from 'pino';
import { warnOfAnyAddress } from '../any-address.ts';
import { holdsLog } from '../data-directory.ts';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { AddressTaken, requestMembership } from './join-request.ts';
import {
  type Joined,
  type Membership,
  forgetJoined,
  readJoined,
  writeJoined,
} from './joined-file.ts';
import {
  type HeldAddress,
  type WantedAddress,
  chooseAddress,
  holdAddress,
  releaseAddress,
} from './own-address.ts';

/** Where a joined node keeps its data unless told otherwise: one in each working directory. */
export const defaultJoinedDirectory = (workingDirectory: string): string =>
  join(workingDirectory, 'rrmq-data', 'joined');

export interface JoinPlan {
  /** Of any node of the cluster; needed for the first start only. */
  readonly url: string | undefined;
  readonly wanted: WantedAddress;
  readonly as: 'voter' | 'learner';
  /** The member that leaves when this node is promoted. */
  readonly replaces: number | undefined;
  /** The flags about joining that were typed. */
  readonly typed: readonly string[];
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
  /** Its ports, where they were held while the cluster was asked: to be listened on in their place. */
  readonly held: HeldAddress['ports'];
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
    tellOfNoEffect(plan, membershipBefore);
    return joinedNode(before, membershipBefore, []);
  }
  if (url === undefined) throw nothingJoined(directory);
  const target = parseUrl(url);
  if (holdsLog(directory)) throw anotherNode(directory);
  if (before === undefined) return joinAnew(plan, target);
  const { ip, port } = before.address;
  const text = `asks again as the node at ${ip}:${port}, like the start before it`;
  plan.logger.info({ event: 'joining-again', address: before.address }, text);
  return ask(plan, target, before, await holdAddress(before.address, 'joined'));
}

/** Ports that nobody listens on may still be those of a member that is down: then the next ones are tried. */
async function joinAnew(plan: JoinPlan, url: URL): Promise<JoinedNode> {
  let after: number | undefined;
  if (plan.wanted.ip !== undefined) warnOfAnyAddress(plan.logger, [plan.wanted.ip], '--ip');
  for (;;) {
    const held = await chooseAddress(plan.wanted, url, after);
    const { address } = held;
    const instanceId = newInstanceId(new NodeRandom());
    try {
      return await ask(plan, url, { address, instanceId, membership: null }, held);
    } catch (error) {
      if (!(error instanceof AddressTaken) || plan.wanted.port !== undefined) throw error;
      after = address.port;
    }
  }
}

async function ask(
  plan: JoinPlan,
  url: URL,
  joined: Joined,
  held: HeldAddress,
): Promise<JoinedNode> {
  const { directory, logger } = plan;
  try {
    writeJoined(directory, joined);
    const membership = await requestMembership({ ...plan, url, joined });
    writeJoined(directory, { ...joined, membership });
    const { id } = membership;
    logger.info({ event: 'joined', id }, `is node ${id} of the cluster`);
    return joinedNode(joined, membership, held.ports);
  } catch (error) {
    // Who asks again must not ask for an address that another has.
    if (error instanceof AddressTaken) forgetJoined(directory);
    await releaseAddress(held);
    throw error;
  }
}

function joinedNode(
  { address, instanceId }: Joined,
  membership: Membership,
  held: HeldAddress['ports'],
): JoinedNode {
  const { id, clusterId, clusterEpoch, configuration } = membership;
  const ids = (values: readonly number[]) => values.map((value) => nodeId(value));
  return {
    address,
    held,
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

/** Who means to join one more node must not take this one for it. */
function tellOfNoEffect({ typed, directory, logger }: JoinPlan, { id }: Membership): void {
  if (typed.length === 0) return;
  const have = typed.length === 1 ? 'has' : 'have';
  const text = `is node ${id} already, by its data directory, and need not join: ${typed.join(', ')} ${have} no effect. To join as one more node, give another --data-dir`;
  logger.info({ event: 'joined-before', id, directory }, text);
}

/** Before the cluster is asked: it would count on a member that cannot start. */
function anotherNode(directory: string): NodeFailure {
  const message = `${directory} holds the data of a node that did not join.`;
  const advice = 'Start that node with its config file and index, or join with another --data-dir.';
  return new NodeFailure(message, ExitCode.dataDirectory, advice);
}

function nothingJoined(directory: string): NodeFailure {
  const message = `No node has joined a cluster in ${directory}.`;
  const advice = 'Give a config file and an index, or --join <url of a node>.';
  return new NodeFailure(message, ExitCode.usage, advice);
}
