import {
  MESSAGES_PER_CALL_MAX,
  RECEIVE_WAIT_MS_DEFAULT,
  RECEIVE_WAIT_MS_MAX,
  type ReceiveBody,
  V1_TIMEOUT_MS,
  parseBody,
  receiveBodySchema,
} from '@rrmq/contract';
import type { Delivery, ReceiveOutcome, ReceiveRequest, Settled, Settlement } from '@rrmq/queue';
import { type Reply, problem, v1Text } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import {
  NOT_COMMITTED_IN_TIME,
  groupProblem,
  leadershipMoved,
  queueProblems,
} from '../queue-problems.ts';
import { type Attempt, begin, execute, executeOr, withTopic } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic, parseWaitMs } from '../v1-parsing.ts';
import { JsonText, deliveryHead } from './message-text.ts';
import { settledBody, settlementsOf } from './settlements.ts';

const TOO_MANY = problem('overloaded', 'too many calls wait for messages at this node');

/** `POST /v1/topics/{topic}/receive {"max"?,"leaseMs"?,"waitMs"?,"settle"?}` */
export function receive(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const body = parseBody(receiveBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  const request = requestOf(topic.value, body.value);
  return attempt.key === undefined ? wait(attempt, request) : receiveOnce(attempt, request);
}

function requestOf(topic: string, body: ReceiveBody): ReceiveRequest {
  const { max = 1, waitMs = RECEIVE_WAIT_MS_DEFAULT, settle = {}, ...lease } = body;
  return { topic, max, waitMs, settle: settlementsOf(settle), ...lease };
}

/** The result is kept under the key, so that there is one, at once: even an empty one. */
function receiveOnce(attempt: Attempt, { topic, max, settle, leaseMs }: ReceiveRequest): void {
  const command = {
    kind: 'receive',
    topic,
    max: Math.min(max, MESSAGES_PER_CALL_MAX - settle.length),
    settle,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  } as const;
  withTopic(attempt, topic, () =>
    withSecret(attempt, topic, () =>
      execute(attempt, command, 'received', ({ result }) => receivedReply(settle, result)),
    ),
  );
}

/** Under a key commands must be the same each time: the secret goes before, in one of its own. */
function withSecret(attempt: Attempt, topic: string, then: () => void): void {
  const { queue, newSecret } = attempt.node;
  if (queue.hasSecret) return then();
  const command = { kind: 'receive', topic, max: 0, settle: [], secret: newSecret() } as const;
  return executeOr({ ...attempt, key: undefined }, command, (result) => {
    if (!queue.hasSecret && !result.ok) return queueProblems[result.code];
    then();
    return undefined;
  });
}

/** After a wait its outcome comes at once, or it is not known for long. */
const GRACE_MS_MIN = 1000;

/** The deadline of the call begins when the wait is over: an answer, empty perhaps, comes before it. */
function wait({ node, call }: Attempt, request: ReceiveRequest): void {
  const patience = parseWaitMs(call, RECEIVE_WAIT_MS_MAX);
  if (!patience.ok) return call.answer(patience.reply);
  const waitMs = Math.min(request.waitMs, patience.value);
  const graceMs = Math.min(patience.value, V1_TIMEOUT_MS);
  call.answerLate(waitMs + Math.max(graceMs, GRACE_MS_MIN), NOT_COMMITTED_IN_TIME);
  const leave = node.receives.receive({ ...request, waitMs }, (outcome) =>
    call.answer(replyTo(node, call, { outcome, settle: request.settle })),
  );
  // Also after an answer that came late: what is leased after it goes back.
  return call.onOver(leave);
}

interface Ended {
  readonly outcome: ReceiveOutcome;
  readonly settle: readonly Settlement[];
}

function replyTo(node: V1Node, call: V1Call, { outcome, settle }: Ended): Reply {
  const { group, scheme } = node;
  switch (outcome.kind) {
    case 'received':
      return receivedReply(settle, outcome);
    case 'empty':
      return receivedReply(settle, { topicNumber: 0, settled: outcome.settled, deliveries: [] });
    case 'refused':
      return queueProblems[outcome.code];
    case 'group-refused':
      return groupProblem(outcome.reason, { status: group.status(), scheme, target: call.target });
    case 'moved':
      return leadershipMoved(group.status(), scheme);
    case 'too-many':
      return TOO_MANY;
    case 'unknown':
      return NOT_COMMITTED_IN_TIME;
    default:
      return outcome satisfies never;
  }
}

interface Received {
  readonly topicNumber: number;
  readonly settled: readonly Settled[];
  readonly deliveries: readonly Delivery[];
}

function receivedReply(settle: readonly Settlement[], received: Received): Reply {
  const { topicNumber, settled, deliveries } = received;
  const text = new JsonText();
  text.add(`{"settled":${JSON.stringify(settledBody(settle, settled))},"messages":[`);
  for (const [place, delivery] of deliveries.entries()) {
    if (place > 0) text.add(',');
    text.addMessage(delivery.message, deliveryHead(topicNumber, delivery));
  }
  return v1Text(200, text.add(']}').finish());
}
