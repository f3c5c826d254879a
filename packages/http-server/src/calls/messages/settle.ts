import {
  type SettleBody,
  ackBodySchema,
  extendBodySchema,
  nackBodySchema,
  parseBody,
  settleBodySchema,
} from '@rrmq/contract';
import { problem, v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { begin, execute, withTopic } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';
import { settledBody, settlementsOf } from './settlements.ts';

const NOTHING = problem('invalid-body', 'the body must have at least one settlement');

/** `POST /v1/topics/{topic}/settle {"ack","nack","release","reject","extend"}` */
export function settle(node: V1Node, call: V1Call): void {
  const body = parseBody(settleBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  return settleAll(node, call, body.value);
}

/** `POST /v1/topics/{topic}/ack {"tokens"}` */
export function ack(node: V1Node, call: V1Call): void {
  const body = parseBody(ackBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  return settleAll(node, call, { ack: body.value.tokens });
}

/** `POST /v1/topics/{topic}/nack {"tokens","delayMs"?,"reason"?}` */
export function nack(node: V1Node, call: V1Call): void {
  const body = parseBody(nackBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const { tokens, ...how } = body.value;
  return settleAll(node, call, { nack: tokens.map((token) => ({ token, ...how })) });
}

/** `POST /v1/topics/{topic}/extend {"tokens","leaseMs"?}` */
export function extend(node: V1Node, call: V1Call): void {
  const body = parseBody(extendBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const { tokens, ...how } = body.value;
  return settleAll(node, call, { extend: tokens.map((token) => ({ token, ...how })) });
}

function settleAll(node: V1Node, call: V1Call, body: SettleBody): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const settlements = settlementsOf(body);
  if (settlements.length === 0) return call.answer(NOTHING);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return withTopic(attempt, topic.value, () => {
    const command = { kind: 'settle', topic: topic.value, settle: settlements } as const;
    execute(attempt, command, 'settled', ({ result }) =>
      v1Reply(200, { settled: settledBody(settlements, result.settled) }),
    );
  });
}
