import { v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { queueProblems } from '../queue-problems.ts';
import { begin, confirmed, execute } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';
import { expectedBy, isMet, parsePrecondition } from './precondition.ts';

/** `DELETE /v1/topics/{topic}` */
export function deleteTopic(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const parsed = parsePrecondition(call);
  if (!parsed.ok) return call.answer(parsed.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return confirmed(attempt, () => {
    const precondition = parsed.value;
    const found = node.queue.topic(topic.value);
    if (found === undefined) return queueProblems['unknown-topic'];
    if (!isMet(precondition, found)) return queueProblems['version-mismatch'];
    const command = {
      kind: 'delete-topic',
      topic: topic.value,
      ...expectedBy(precondition),
    } as const;
    execute(attempt, command, 'topic-deleted', ({ result }) =>
      v1Reply(200, { number: result.topicNumber, messages: result.messages }),
    );
    return undefined;
  });
}
