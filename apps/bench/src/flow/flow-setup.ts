import { connect } from '@rrmq/client';
import type { Cluster } from '../cluster/cluster.ts';

/** Creates the topics of a flow: `<name>-0`, `<name>-1`, … */
export async function createTopics(
  cluster: Cluster,
  name: string,
  count: number,
): Promise<string[]> {
  const topics = Array.from({ length: count }, (_, number) => `${name}-${number}`);
  await using client = connect(cluster.urls);
  for (const topic of topics) await client.createTopic(topic, { ifNotExists: true });
  return topics;
}

/** Where the nodes serve clients, the leader first, so that no call of a flow is refused without need. */
export async function portsFromLeader(cluster: Cluster): Promise<number[]> {
  const leader = await cluster.leader();
  const others = cluster.nodes.filter((node) => node !== leader);
  return [leader, ...others].map(({ port }) => port);
}
