import { isUtf8 } from 'node:buffer';
import { type Message, type QueueResult, type QueueView, encodeCommand } from '@rrmq/queue';
import { assert } from '@rrmq/raft';
import type { Call } from '../exchange.ts';
import { type Reply, jsonReply } from '../reply.ts';
import { confirm, propose } from './attempts.ts';
import { parseTopicName } from './parsing.ts';
import { queueRefusals } from './refusals.ts';
import type { SeedNode } from './seed-node.ts';

/** From here on it is cheaper to copy bytes than to make a string of them. */
const LARGE_BYTES = 4096;
const BEFORE = '{"success":true,"message":';
const AFTER = '}';

/** `GET /message/:topic`. Nothing enters the log when there is nothing to pop. */
export function pop(node: SeedNode, call: Call): void {
  const { param: topic } = call;
  const take = (): void => {
    const command = encodeCommand({ kind: 'pop', topic });
    propose(node, call, { command, effect: 'shrinks' }, replyTo);
  };
  if (hasSome(node.queue, topic)) return take();
  const parsed = parseTopicName(topic);
  if (!parsed.ok) return call.answer(parsed.reply);
  confirm(node, call, () => {
    if (hasSome(node.queue, topic)) take();
    else call.answer(queueRefusals[node.queue.has(topic) ? 'no-message' : 'unknown-topic']);
  });
}

/** What is taken by a pop is never in flight: its limit does not count. */
function hasSome(queue: QueueView, topic: string): boolean {
  if (queue.available(topic) > 0) return true;
  const { settings, paused } = queue.topic(topic) ?? {};
  if (settings === undefined || paused?.receiving === true) return false;
  const { ready = 0, leased = 0 } = queue.stats(topic) ?? {};
  return ready > 0 && leased >= settings.limits.maxInFlight;
}

function replyTo(result: QueueResult): Reply {
  if (!result.ok) return queueRefusals[result.code];
  assert(result.kind === 'popped', 'a pop pops');
  return jsonReply(200, popped(result.message));
}

function popped({ contentType, body }: Message): Buffer | string {
  if (contentType !== 'application/json') return BEFORE + JSON.stringify(textOf(body)) + AFTER;
  if (body.length < LARGE_BYTES) return BEFORE + body.toString() + AFTER;
  return Buffer.concat([Buffer.from(BEFORE), body, Buffer.from(AFTER)]);
}

/** For bytes that were not published through this API: the text they are, or else base64. */
const textOf = (body: Buffer): string => body.toString(isUtf8(body) ? 'utf8' : 'base64');
