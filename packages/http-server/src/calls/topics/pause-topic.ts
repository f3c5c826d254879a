import { parseBody, pauseBodySchema } from '@rrmq/contract';
import { problem, v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { queueProblems } from '../queue-problems.ts';
import { begin, confirmed, execute } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';

/** `POST /v1/topics/{topic}/pause` and `…/resume {"publishing"?,"receiving"?}`; without fields: both. */
export function pauseTopic(node: V1Node, call: V1Call, pauses: boolean): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const body = parseBody(pauseBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  const { publishing: ofPublishing, receiving: ofReceiving } = body.value;
  const isBoth = ofPublishing === undefined && ofReceiving === undefined;
  return confirmed(attempt, () => {
    const found = node.queue.topic(topic.value);
    if (found === undefined) return queueProblems['unknown-topic'];
    const paused = {
      publishing: isBoth || ofPublishing === true ? pauses : found.paused.publishing,
      receiving: isBoth || ofReceiving === true ? pauses : found.paused.receiving,
    };
    const command = { kind: 'pause-topic', topic: topic.value, ...paused } as const;
    // Idempotent in effect, and not always the same command.
    execute({ ...attempt, key: undefined }, command, 'topic-paused', () =>
      v1Reply(200, { paused }),
    );
    return undefined;
  });
}
