import { messageStates } from '@rrmq/contract';
import type { MessageState, PeekRange, QueueView, TopicView } from '@rrmq/queue';
import { type Reply, problem, v1Text } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { queueProblems } from '../queue-problems.ts';
import { begin, confirmed } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { invalid, parsePage, parseTopic } from '../v1-parsing.ts';
import { JsonText, peekedHead } from './message-text.ts';
import { parseMessageId } from './message-id.ts';

const UNKNOWN_MESSAGE = problem('unknown-message', 'the topic does not hold a message of this id');

/** `GET /v1/topics/{topic}/messages?state=&limit=&cursor=` */
export function peekMessages(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const state = parseState(call);
  if (!state.ok) return call.answer(state.reply);
  const page = parsePage(call);
  if (!page.ok) return call.answer(page.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return confirmed(attempt, () => {
    const found = node.queue.topic(topic.value);
    if (found === undefined) return queueProblems['unknown-topic'];
    return pageReply(node.queue, found, { state: state.value, ...page.value });
  });
}

/** `GET /v1/topics/{topic}/messages/{id}` */
export function getMessage(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const id = parseMessageId(call.params.id ?? '');
  if (id === undefined) return call.answer(UNKNOWN_MESSAGE);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return confirmed(attempt, () => {
    const found = node.queue.topic(topic.value);
    if (found === undefined) return queueProblems['unknown-topic'];
    if (found.number !== id.topicNumber) return UNKNOWN_MESSAGE;
    const peeked = node.queue.message(topic.value, id.sequence);
    if (peeked === undefined) return UNKNOWN_MESSAGE;
    const text = new JsonText().addMessage(peeked.message, peekedHead(found.number, peeked));
    return v1Text(200, text.finish());
  });
}

function parseState({ query }: V1Call): Parsed<MessageState> {
  const given = query.get('state') ?? 'ready';
  const state = messageStates.find((each) => each === given);
  if (state !== undefined) return { ok: true, value: state };
  return invalid(`state in the query must be one of ${messageStates.join(', ')}`);
}

function pageReply(queue: QueueView, { name, number }: TopicView, range: PeekRange): Reply {
  const { messages, next } = queue.peek(name, range) ?? { messages: [], next: undefined };
  const text = new JsonText().add('{"messages":[');
  for (const [place, peeked] of messages.entries()) {
    if (place > 0) text.add(',');
    text.addMessage(peeked.message, peekedHead(number, peeked));
  }
  const cursor = next === undefined ? 'null' : `"${next}"`;
  return v1Text(200, text.add(`],"nextCursor":${cursor}}`).finish());
}
