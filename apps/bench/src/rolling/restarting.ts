import { setTimeout as delay } from 'node:timers/promises';
import { untilCaughtUp } from '../cluster/catching-up.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';

/** What one restart took, in ms. */
export interface Restart {
  readonly node: number;
  readonly wasLeader: boolean;
  /** From SIGTERM to the end of the process. */
  readonly leftMs: number;
  /** The process ended by itself, with exit code 0. */
  readonly leftWell: boolean;
  /** From its start until the leader saw it caught up. */
  readonly backMs: number;
}

/** Between two restarts: calls that were held up by one end before the next. */
const CALM_MS = 300;
const POLL_MS = 5;

/** Restarts all nodes, one after the other, the next one when the last is caught up and all agree on a leader. */
export async function restartAll(cluster: Cluster): Promise<Restart[]> {
  const restarts: Restart[] = [];
  for (const node of cluster.nodes) {
    restarts.push(await restart(cluster, node));
    await cluster.leader();
    await delay(CALM_MS);
  }
  return restarts;
}

async function restart(cluster: Cluster, node: NodeProcess): Promise<Restart> {
  const wasLeader = node === (await cluster.leader());
  const termedMs = performance.now();
  const leftWell = await node.stop();
  const startedMs = performance.now();
  node.start();
  await node.untilListening(POLL_MS);
  await untilCaughtUp(cluster, [node]);
  const leftMs = startedMs - termedMs;
  const backMs = performance.now() - startedMs;
  return { node: node.index, wasLeader, leftMs, leftWell, backMs };
}
