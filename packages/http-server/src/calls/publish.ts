import { headers, parseProducerHeaders } from '@rrmq/contract';
import { type ProducerStep, type QueueResult, encodeCommand } from '@rrmq/queue';
import type { Call } from '../exchange.ts';
import { type Reply, SUCCESS, jsonReply, refusal } from '../reply.ts';
import { type Proposal, confirm, propose } from './attempts.ts';
import { type Parsed, fieldsOf, parseTopicName } from './parsing.ts';
import { queueRefusals } from './refusals.ts';
import type { SeedNode } from './seed-node.ts';

const DUPLICATE = jsonReply(200, '{"success":true}', [headers.duplicate, 'true']);
const NO_TEXT = refusal('invalid-body', 'the message is missing, or is no string');
const WITHOUT_PRODUCER: Parsed<undefined> = { ok: true, value: undefined };

/** `PUT /message {"topic","message"}`, and optionally the `Producer-*` headers. */
export function publish(node: SeedNode, call: Call): void {
  const { topic, message } = fieldsOf(call.body);
  if (typeof message !== 'string') return call.answer(NO_TEXT);
  const producer = parseProducer(call.headers);
  if (!producer.ok) return call.answer(producer.reply);
  // The name of a topic that exists needs no check.
  if (typeof topic === 'string' && node.queue.has(topic)) {
    return propose(node, call, publishOf(topic, message, producer.value), replyTo);
  }
  const parsed = parseTopicName(topic);
  if (!parsed.ok) return call.answer(parsed.reply);
  confirm(node, call, () => {
    if (!node.queue.has(parsed.value)) return call.answer(queueRefusals['unknown-topic']);
    propose(node, call, publishOf(parsed.value, message, producer.value), replyTo);
  });
}

/** The text is kept as JSON, escapes of lone surrogates included: a pop sends these bytes as they are. */
function publishOf(topic: string, message: string, producer: ProducerStep | undefined): Proposal {
  const messages = [{ contentType: 'application/json', body: JSON.stringify(message) }];
  const command = encodeCommand({ kind: 'publish', topic, producer, messages });
  return { command, effect: 'grows', publishesTo: topic };
}

function parseProducer(fields: Call['headers']): Parsed<ProducerStep | undefined> {
  const parsed = parseProducerHeaders(fields);
  switch (parsed.kind) {
    case 'absent':
      return WITHOUT_PRODUCER;
    case 'invalid':
      return { ok: false, reply: refusal('invalid-producer', parsed.reason) };
    case 'present': {
      const { producerId: id, epoch, sequence } = parsed.producer;
      return { ok: true, value: { id, epoch, sequence } };
    }
    default:
      return parsed satisfies never;
  }
}

function replyTo(result: QueueResult): Reply {
  if (!result.ok) return queueRefusals[result.code];
  return result.kind === 'published' && result.duplicate ? DUPLICATE : SUCCESS;
}
