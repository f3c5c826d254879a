import { parseProducerHeaders } from '@rrmq/contract';
import {
  type NewMessage,
  type ProducerStep,
  type Published,
  type QueueView,
  messageId,
} from '@rrmq/queue';
import type { LogTime } from '@rrmq/raft';
import { type Reply, problem, v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { begin, execute, withTopic } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { invalid, parseTopic } from '../v1-parsing.ts';
import { parseMessages } from './new-messages.ts';

const TWO_WAYS = problem(
  'invalid-parameter',
  'Producer-* headers tell repetitions apart already: dedupId must not be given beside them',
);

/** `POST /v1/topics/{topic}/messages`: one message, several, or the bytes of one. */
export function publishMessages(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const parsed = parseMessages(call);
  if (!parsed.ok) return call.answer(parsed.reply);
  const producer = parseProducer(call.headers);
  if (!producer.ok) return call.answer(producer.reply);
  const messages = parsed.value;
  if (producer.value !== undefined && messages.some(({ dedupId }) => dedupId !== undefined)) {
    return call.answer(TWO_WAYS);
  }
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return withTopic(attempt, topic.value, () => {
    const command = {
      kind: 'publish',
      topic: topic.value,
      producer: producer.value,
      messages,
    } as const;
    execute(attempt, command, 'published', ({ result, at }) =>
      // Under a key this may be the result of long ago.
      publishedReply(result, messages, {
        topic: topic.value,
        queue: node.queue,
        at: attempt.key === undefined ? at : undefined,
      }),
    );
  });
}

function parseProducer(fields: V1Call['headers']): Parsed<ProducerStep | undefined> {
  const parsed = parseProducerHeaders(fields);
  if (parsed.kind === 'invalid') return invalid(parsed.reason);
  if (parsed.kind === 'absent') return { ok: true, value: undefined };
  const { producerId: id, epoch, sequence } = parsed.producer;
  return { ok: true, value: { id, epoch, sequence } };
}

interface Where {
  readonly topic: string;
  readonly queue: QueueView;
  /** When it was executed, if that is known. */
  readonly at: LogTime | undefined;
}

/** 201, or 200 when all had been published before. */
function publishedReply(
  result: Published,
  messages: readonly NewMessage[],
  { topic, queue, at }: Where,
): Reply {
  const { topicNumber, firstSequence, duplicate } = result;
  const repeated = new Map(result.repeated.map(({ position, sequence }) => [position, sequence]));
  let next = firstSequence;
  const added = duplicate ? undefined : at;
  const body = messages.map((_, position) => {
    const first = repeated.get(position);
    const sequence = first ?? next;
    if (first === undefined) next += 1;
    const publishedAt =
      (first === undefined ? added : undefined) ??
      queue.message(topic, sequence)?.message.publishedAt;
    return {
      id: messageId(topicNumber, sequence),
      sequence,
      ...(publishedAt === undefined ? {} : { publishedAt: new Date(publishedAt).toISOString() }),
      duplicate: duplicate || first !== undefined,
    };
  });
  const isNew = body.some((message) => !message.duplicate);
  return v1Reply(isNew ? 201 : 200, { messages: body });
}
