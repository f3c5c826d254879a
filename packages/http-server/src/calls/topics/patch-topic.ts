import { parseBody, putTopicBodySchema } from '@rrmq/contract';
import type { TopicSettings, TopicView } from '@rrmq/queue';
import { type Reply, problem } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import type { Parsed } from '../parsing.ts';
import { queueProblems } from '../queue-problems.ts';
import { type Attempt, begin, confirmed, executeOr } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { parseTopic } from '../v1-parsing.ts';
import { backoffProblem } from './backoff-problem.ts';
import { type Precondition, isMet, parsePrecondition } from './precondition.ts';
import { topicReply } from './topic-body.ts';
import { mergePatch, settingsBody, settingsOf } from './topic-settings.ts';

interface Wanted {
  readonly topic: string;
  readonly precondition: Precondition;
}

/** `PATCH /v1/topics/{topic}` with a merge patch of the settings. */
export function patchTopic(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const precondition = parsePrecondition(call);
  if (!precondition.ok) return call.answer(precondition.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return patch(attempt, { topic: topic.value, precondition: precondition.value });
}

/** The command holds for the version that was patched; when another one came first it is patched again. */
function patch(attempt: Attempt, wanted: Wanted): void {
  const { node, call } = attempt;
  const { topic, precondition } = wanted;
  confirmed(attempt, () => {
    const found = node.queue.topic(topic);
    if (found === undefined) return queueProblems['unknown-topic'];
    if (!isMet(precondition, found)) return queueProblems['version-mismatch'];
    const settings = patchedSettings(found, call.body);
    if (!settings.ok) return settings.reply;
    const { number, version } = found;
    const expected = { number, version };
    const command = { kind: 'update-topic', topic, expected, settings: settings.value } as const;
    executeOr(attempt, command, (result): Reply | undefined => {
      if (result.ok) return topicReply(200, node, topic);
      if (result.code !== 'version-mismatch') return queueProblems[result.code];
      if (!call.answered) patch(attempt, wanted);
      return undefined;
    });
    return undefined;
  });
}

function patchedSettings({ settings }: TopicView, change: unknown): Parsed<TopicSettings> {
  const merged = mergePatch(settingsBody(settings), change);
  const body = parseBody(putTopicBodySchema, merged);
  if (!body.ok) return { ok: false, reply: problem('invalid-body', body.text) };
  const value = settingsOf(body.value);
  const reply = backoffProblem(value);
  return reply === undefined ? { ok: true, value } : { ok: false, reply };
}
