import { parseBody, redriveBodySchema } from '@rrmq/contract';
import { problem, v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { begin, execute, withTopic } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';
import { type MessageIdParts, parseMessageId } from './message-id.ts';

/** `POST /v1/topics/{topic}/dead/redrive {"ids"?,"max"?,"to"?,"ratePerSecond"?}` */
export function redrive(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const body = parseBody(redriveBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const { ids: given = [], ...rest } = body.value;
  const ids = parseIds(given);
  if (!ids.ok) return call.answer(ids.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return withTopic(attempt, topic.value, () => {
    // An id of another topic, of an earlier one of this name for one, names no dead letter of this one.
    const number = node.queue.topic(topic.value)?.number;
    const own = ids.value.filter(({ topicNumber }) => topicNumber === number);
    if (given.length > 0 && own.length === 0) {
      return call.answer(v1Reply(200, { moved: 0, remaining: 0 }));
    }
    const sequences = own.map(({ sequence }) => sequence);
    const command = {
      kind: 'redrive',
      topic: topic.value,
      ...rest,
      ...(given.length === 0 ? {} : { sequences }),
    } as const;
    return execute(attempt, command, 'redriven', ({ result: { moved, remaining } }) =>
      v1Reply(200, { moved, remaining }),
    );
  });
}

function parseIds(ids: readonly string[]): Parsed<readonly MessageIdParts[]> {
  const value: MessageIdParts[] = [];
  for (const [place, id] of ids.entries()) {
    const parts = parseMessageId(id);
    if (parts === undefined) {
      const detail = `ids.${place} must be the id of a message, like 7-1041`;
      return { ok: false, reply: problem('invalid-body', detail) };
    }
    value.push(parts);
  }
  return { ok: true, value };
}
