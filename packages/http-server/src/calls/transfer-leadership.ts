import { parseBody, transferBodySchema } from '@rrmq/contract';
import { nodeId } from '@rrmq/raft';
import { problem, v1Reply } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import type { V1Node } from './v1-node.ts';
import { parseWaitMs } from './v1-parsing.ts';
import { notLeader, transferCodes } from './v1-refusals.ts';

const TIMEOUT = problem(
  'transfer-timeout',
  'the target did not take over in time: this node leads on, or another took over; GET /v1/cluster shows who leads',
);

/** `POST /v1/cluster/leadership {"target"?}` */
export async function transferLeadership(node: V1Node, call: V1Call): Promise<void> {
  const parsed = parseBody(transferBodySchema, call.body);
  if (!parsed.ok) return call.answer(problem('invalid-body', parsed.text));
  const waitMs = parseWaitMs(call);
  if (!waitMs.ok) return call.answer(waitMs.reply);
  call.answerLate(waitMs.value, TIMEOUT);
  const { target } = parsed.value;
  const outcome = await node.admin.transfer(target === undefined ? undefined : nodeId(target));
  switch (outcome.kind) {
    case 'done':
      return call.answer(v1Reply(200, { leader: outcome.leader }));
    case 'timeout':
      return call.answer(TIMEOUT);
    case 'refused': {
      const { reason, text } = outcome;
      if (reason !== 'not-leader') return call.answer(problem(transferCodes[reason], text));
      return call.answer(notLeader(node.group.status(), node.scheme, call.target));
    }
    default:
      return outcome satisfies never;
  }
}
