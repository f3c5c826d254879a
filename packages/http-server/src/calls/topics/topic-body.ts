import type { TopicBody, TopicStatsBody } from '@rrmq/contract';
import type { TopicView } from '@rrmq/queue';
import { assert } from '@rrmq/raft';
import { type Reply, v1Reply } from '../../reply.ts';
import { queueProblems } from '../queue-problems.ts';
import type { V1Node } from '../v1-node.ts';
import { settingsBody } from './topic-settings.ts';

/** What is needed to show a topic. */
export type TopicNode = Pick<V1Node, 'queue' | 'group'>;

/** The answer that shows a topic. */
export function topicReply(status: number, node: TopicNode, name: string): Reply {
  const topic = node.queue.topic(name);
  if (topic === undefined) return queueProblems['unknown-topic'];
  return v1Reply(status, topicBody(node, topic), ['ETag', etagOf(topic)]);
}

/** Names a topic and the version of its settings. */
export const etagOf = ({ number, version }: TopicView): string => `"${number}-${version}"`;

function topicBody(node: TopicNode, topic: TopicView): TopicBody {
  const { name, number, version, createdAt, paused, settings } = topic;
  return {
    name,
    number,
    version,
    createdAt: createdAt === 0 ? null : new Date(createdAt).toISOString(),
    settings: settingsBody(settings),
    paused,
    stats: statsBody(node, name),
  };
}

export function statsBody({ queue, group }: TopicNode, topic: string): TopicStatsBody {
  const stats = queue.stats(topic);
  const activity = queue.activity(topic, group.logTime() ?? 0);
  assert(stats !== undefined && activity !== undefined, 'every topic has counts');
  const { oldestPublishedAt: oldest, rates } = activity;
  const { ready, leased, delayed, dead, bytes, deadBytes, discarded } = stats;
  const { published, acked, delivered, failed, deadLettered, redriven } = stats;
  const { expired, overflow, purged } = discarded;
  return {
    ready,
    leased,
    delayed,
    dead,
    bytes,
    deadBytes,
    published,
    acked,
    delivered,
    failed,
    deadLettered,
    redriven,
    discarded: { expired, overflow, purged },
    oldestPublishedAt: oldest === undefined ? null : new Date(oldest).toISOString(),
    rates: {
      published: rounded(rates.publishedPerSecond),
      delivered: rounded(rates.deliveredPerSecond),
      acked: rounded(rates.ackedPerSecond),
    },
  };
}

const rounded = (rate: number): number => Math.round(rate * 10) / 10;
