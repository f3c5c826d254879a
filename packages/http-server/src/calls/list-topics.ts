import type { Call } from '../exchange.ts';
import { jsonReply } from '../reply.ts';
import { tryAgainSoon } from './attempts.ts';
import { groupRefusal } from './refusals.ts';
import type { SeedNode } from './seed-node.ts';

/** `GET /topic`: what this node knows; a leader waits until it has executed all that was committed before its term. */
export function listTopics(node: SeedNode, call: Call): void {
  const status = node.group.status();
  if (status.role === 'leader' && !status.ready) {
    const late = groupRefusal('unconfirmed', status, node.scheme);
    return tryAgainSoon(node, call, late, () => listTopics(node, call));
  }
  const topics = JSON.stringify(node.queue.topics());
  call.answer(jsonReply(200, `{"success":true,"topics":${topics}}`));
}
