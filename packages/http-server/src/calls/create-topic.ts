import { type QueueResult, encodeCommand } from '@rrmq/queue';
import type { Call } from '../exchange.ts';
import { type Reply, SUCCESS } from '../reply.ts';
import { confirm, propose } from './attempts.ts';
import { fieldsOf, parseTopicName } from './parsing.ts';
import { queueRefusals } from './refusals.ts';
import type { SeedNode } from './seed-node.ts';

/** `PUT /topic {"topic"}` */
export function createTopic(node: SeedNode, call: Call): void {
  const parsed = parseTopicName(fieldsOf(call.body).topic);
  if (!parsed.ok) return call.answer(parsed.reply);
  const topic = parsed.value;
  const create = (): void => {
    const command = encodeCommand({ kind: 'create-topic', topic });
    propose(node, call, { command, effect: 'grows' }, replyTo);
  };
  if (!node.queue.has(topic)) return create();
  confirm(node, call, () => {
    if (node.queue.has(topic)) call.answer(queueRefusals['topic-exists']);
    else create();
  });
}

const replyTo = (result: QueueResult): Reply => (result.ok ? SUCCESS : queueRefusals[result.code]);
