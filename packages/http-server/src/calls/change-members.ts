import { type NodeAddressBody, addMemberBodySchema, parseBody } from '@rrmq/contract';
import {
  type Configuration,
  type MembershipChange,
  type MembershipOutcome,
  type NodeId,
  nodeId,
} from '@rrmq/raft';
import { type Reply, problem, v1Reply } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import { clusterView, configurationBody, memberViews } from './cluster-view.ts';
import type { V1Node } from './v1-node.ts';
import { parseIds, parseWaitMs } from './v1-parsing.ts';
import { membershipCodes, notLeader } from './v1-refusals.ts';

const UNKNOWN = problem(
  'not-committed-in-time',
  'leadership was lost before the change was over: GET /v1/cluster shows what is in force; asking again is safe',
);
const LATE = problem(
  'not-committed-in-time',
  'the change is not over yet, and goes on: GET /v1/cluster shows it; asking again is safe',
);

/** `POST /v1/cluster/members {"address","instanceId"?,"as"?,"replaces"?}` */
export function addMember(node: V1Node, call: V1Call): void {
  const parsed = parseBody(addMemberBodySchema, call.body);
  if (!parsed.ok) return call.answer(problem('invalid-body', parsed.text));
  const { address, instanceId, as = 'voter', replaces } = parsed.value;
  const { internalPort = address.port } = address;
  const known = memberAt({ ...address, internalPort }, node.group.status().configuration);
  const change: MembershipChange = {
    kind: 'add',
    address: { ...address, internalPort },
    instanceId,
    as,
    replaces: replaces === undefined ? undefined : nodeId(replaces),
  };
  changeMembers(node, call, change, ({ id, configuration }) => {
    const added = id ?? memberAt({ ...address, internalPort }, configuration);
    if (added === undefined) return problem('internal-error', 'the change does not say who joined');
    const { clusterId, clusterEpoch } = node.info;
    return v1Reply(added === known ? 200 : 201, {
      id: added,
      clusterId,
      clusterEpoch,
      members: memberViews(node),
      configuration: configurationBody(configuration),
    });
  });
}

/** `DELETE /v1/cluster/members/{id}[,{id}…]` and `POST /v1/cluster/members/{id}[,{id}…]/promote` */
export function changeByIds(node: V1Node, call: V1Call, kind: 'remove' | 'promote'): void {
  const ids = parseIds(call.params.ids ?? '');
  if (!ids.ok) return call.answer(ids.reply);
  changeMembers(node, call, { kind, ids: ids.value }, () => v1Reply(200, clusterView(node)));
}

type Done = Extract<MembershipOutcome, { kind: 'done' }>;

function changeMembers(
  node: V1Node,
  call: V1Call,
  change: MembershipChange,
  replyTo: (done: Done) => Reply,
): void {
  const waitMs = parseWaitMs(call);
  if (!waitMs.ok) return call.answer(waitMs.reply);
  call.answerLate(waitMs.value, LATE);
  node.admin.changeMembers(change, (outcome) => {
    switch (outcome.kind) {
      case 'done':
        return call.answer(replyTo(outcome));
      case 'unknown':
        return call.answer(UNKNOWN);
      case 'refused':
        return call.answer(refusalOf(node, call, outcome));
      default:
        return outcome satisfies never;
    }
  });
}

function refusalOf(
  node: V1Node,
  call: V1Call,
  { reason, text }: Extract<MembershipOutcome, { kind: 'refused' }>,
): Reply {
  if (reason === 'not-leader') return notLeader(node.group.status(), node.scheme, call.target);
  return problem(membershipCodes[reason], text);
}

function memberAt(address: NodeAddressBody, { members }: Configuration): NodeId | undefined {
  const { ip, port, internalPort } = address;
  return members.find(
    ({ address: its }) => its.ip === ip && its.port === port && its.internalPort === internalPort,
  )?.id;
}
