import type { TopicPage } from '@rrmq/contract';
import type { TopicView } from '@rrmq/queue';
import { v1Reply } from '../../reply.ts';
import type { V1Call } from '../../v1-call.ts';
import { begin, confirmed } from '../v1-attempts.ts';
import type { V1Node } from '../v1-node.ts';
import { type PageRange, parsePage, parseTopic } from '../v1-parsing.ts';
import { type TopicNode, statsBody, topicReply } from './topic-body.ts';

/** `GET /v1/topics/{topic}` */
export function getTopic(node: V1Node, call: V1Call): void {
  const topic = parseTopic(node.queue, call);
  if (!topic.ok) return call.answer(topic.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return confirmed(attempt, () => topicReply(200, node, topic.value));
}

/** `GET /v1/topics?limit=&cursor=`, in the order of creation. */
export function listTopics(node: V1Node, call: V1Call): void {
  const page = parsePage(call);
  if (!page.ok) return call.answer(page.reply);
  const attempt = begin(node, call);
  if (attempt === undefined) return undefined;
  return confirmed(attempt, () => v1Reply(200, topicPage(node, page.value)));
}

/** A cursor is the number of a topic: numbers rise with every topic that is created. */
function topicPage(node: TopicNode, { after, limit }: PageRange): TopicPage {
  const { queue } = node;
  const found: TopicView[] = [];
  for (const name of queue.topics()) {
    const topic = queue.topic(name);
    if (topic === undefined || topic.number <= after) continue;
    found.push(topic);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  return {
    topics: page.map(({ name, number, version, paused }) => ({
      name,
      number,
      version,
      paused,
      stats: statsBody(node, name),
    })),
    nextCursor: found.length > limit ? String(page.at(-1)?.number) : null,
  };
}
