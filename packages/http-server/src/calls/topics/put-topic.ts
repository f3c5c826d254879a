import { parseBody, putTopicBodySchema } from '@rrmq/contract';
import type { TopicSettings } from '@rrmq/queue';
import { problem } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { queueProblems } from '../queue-problems.ts';
import { type Attempt, begin, confirmed, executeOr } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';
import { type Precondition, expectedBy, isMet, parsePrecondition } from './precondition.ts';
import { topicReply } from './topic-body.ts';
import { settingsOf } from './topic-settings.ts';
import { backoffProblem } from './backoff-problem.ts';

interface Wanted {
  readonly topic: string;
  readonly settings: TopicSettings;
  readonly precondition: Precondition;
}

/** `PUT /v1/topics/{topic}` with settings: creates the topic (201), or replaces its settings (200). */
export function putTopic(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const precondition = parsePrecondition(call);
  if (!precondition.ok) return call.answer(precondition.reply);
  const body = parseBody(putTopicBodySchema, call.body);
  if (!body.ok) return call.answer(problem('invalid-body', body.text));
  const settings = settingsOf(body.value);
  const wrong = backoffProblem(settings);
  if (wrong !== undefined) return call.answer(wrong);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return put(attempt, { topic: topic.value, settings, precondition: precondition.value });
}

function put(attempt: Attempt, wanted: Wanted): void {
  const { queue } = attempt.node;
  const { topic, precondition } = wanted;
  if (precondition.kind === 'none') {
    if (queue.has(topic)) return update(attempt, wanted);
    return create(attempt, wanted);
  }
  return confirmed(attempt, () => {
    const found = queue.topic(topic);
    if (!isMet(precondition, found)) {
      return queueProblems[precondition.kind === 'absent' ? 'topic-exists' : 'version-mismatch'];
    }
    if (found === undefined) create(attempt, wanted);
    else update(attempt, wanted);
    return undefined;
  });
}

/** Somebody else may create or delete the topic meanwhile: then it is put again, as long as somebody waits. */
function create(attempt: Attempt, wanted: Wanted): void {
  const { topic, settings } = wanted;
  executeOr(attempt, { kind: 'create-topic', topic, settings }, (result) => {
    if (result.ok) return topicReply(201, attempt.node, topic);
    if (result.code !== 'topic-exists') return queueProblems[result.code];
    return again(attempt, wanted);
  });
}

function update(attempt: Attempt, wanted: Wanted): void {
  const { topic, settings, precondition } = wanted;
  const expected = expectedBy(precondition);
  executeOr(attempt, { kind: 'update-topic', topic, settings, ...expected }, (result) => {
    if (result.ok) return topicReply(200, attempt.node, topic);
    if (result.code !== 'unknown-topic') return queueProblems[result.code];
    return again(attempt, wanted);
  });
}

function again(attempt: Attempt, wanted: Wanted): undefined {
  if (!attempt.call.answered) put(attempt, wanted);
  return undefined;
}
