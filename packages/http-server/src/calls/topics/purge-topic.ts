import { parseBody, purgeBodySchema } from '@rrmq/contract';
import { problem, v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { begin, execute, withTopic } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';

/** `POST /v1/topics/{topic}/purge {"state"?,"olderThanMs"?}` */
export function purgeTopic(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const body = parseBody(purgeBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  const { state = 'all', ...age } = body.value;
  return withTopic(attempt, topic.value, () => {
    const command = { kind: 'purge', topic: topic.value, state, ...age } as const;
    execute(attempt, command, 'purged', ({ result: { purged, goesOn } }) =>
      v1Reply(200, { purged, goesOn }),
    );
  });
}
