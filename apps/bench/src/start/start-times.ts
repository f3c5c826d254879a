import { setTimeout as delay } from 'node:timers/promises';
import { agreedLeader, type Cluster } from '../cluster/cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import { readProcessUsage } from '../machine/process-usage.ts';

/** How long the start of a cluster took, in ms. */
export interface StartTimes {
  readonly nodes: number;
  /** Of each node: from the start of its process until it takes connections. */
  readonly listeningMs: readonly number[];
  /** Processor time that each node had used when it listened: the part that other work cannot stretch. */
  readonly listeningCpuMs: readonly (number | undefined)[];
  /**
   * From the moment the last node listens until every node answers `/status`, all in one term, exactly one as leader.
   */
  readonly leaderAfterLastMs: number;
  /** The same, from the start of the first process. */
  readonly leaderAfterStartMs: number;
  /** Whether the same node led, alone and in agreement, one second later. */
  readonly isStable: boolean;
}

/** Longer than an election timeout: a disturbed leader would be gone. */
const WATCH_MS = 1000;

/** Starts a prepared cluster. */
export async function measureStart(cluster: Cluster): Promise<StartTimes> {
  const startedMs = performance.now();
  // Rarer looks at many nodes: looking costs the processor time that they need to start.
  const everyMs = Math.max(2, cluster.nodes.length);
  const starts = await Promise.all(cluster.nodes.map((node) => startNode(node, everyMs)));
  const listenedMs = performance.now();
  const leader = await cluster.leader();
  const ledMs = performance.now();
  await delay(WATCH_MS);
  return {
    nodes: cluster.nodes.length,
    listeningMs: starts.map(({ tookMs }) => tookMs),
    listeningCpuMs: starts.map(({ cpuMs }) => cpuMs),
    leaderAfterLastMs: ledMs - listenedMs,
    leaderAfterStartMs: ledMs - startedMs,
    isStable: agreedLeader(await cluster.status()) === leader.url,
  };
}

async function startNode(node: NodeProcess, everyMs: number) {
  const startedMs = performance.now();
  node.start();
  await node.untilListening(everyMs);
  return { tookMs: performance.now() - startedMs, cpuMs: readProcessUsage(node.pid)?.cpuMs };
}
