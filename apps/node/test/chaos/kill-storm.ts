import { type Account, accountFor } from '../processes/accounting.ts';
import { Load } from '../processes/load.ts';
import type { TestCluster } from '../processes/test-cluster.ts';

const TOPICS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

/** Between two kills so many publishes are acknowledged, so that there is something to lose. */
const ACKS_PER_ROUND = 200;

export interface Storm {
  /** Of each round: from the kill to the first publish that began after it and was acknowledged. */
  readonly failoversMs: readonly number[];
  readonly accounts: readonly Account[];
}

/** Kills the leader under load from the SDK, again and again; a killed node is started again before the next round. */
export async function killLeaders(cluster: TestCluster, rounds: number): Promise<Storm> {
  await using load = await Load.start(cluster.urls, TOPICS);
  const failoversMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await load.ackedMore(ACKS_PER_ROUND);
    const { index } = await cluster.leader();
    const killedAtMs = performance.now();
    cluster.node(index).signal('SIGKILL');
    failoversMs.push(await load.firstAckSince(killedAtMs));
    await cluster.node(index).exited;
    await cluster.spawn(index).logged('listening');
    await cluster.settledRole(index);
  }
  await load.ackedMore(ACKS_PER_ROUND);
  await load.stop();
  return { failoversMs, accounts: await accountFor(load.client, load.sent) };
}
