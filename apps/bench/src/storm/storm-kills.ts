import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import type { StormPace } from './storm-pace.ts';

/** One death of a node. */
export interface Kill {
  readonly node: number;
  /** By its own account. */
  readonly led: boolean;
  /** Until it was started again. */
  readonly downMs: number;
}

/** After a kill is due it comes within this time. */
const DUE_MS_MAX = 500;
const DOWN_MS_MIN = 200;
const DOWN_MS_MAX = 3000;
const LISTEN_POLL_MS = 20;

/** Kills nodes, one at a time, and starts each again: about half of them lead. */
export async function killNodes(cluster: Cluster, kills: number, pace: StormPace): Promise<Kill[]> {
  const done: Kill[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await pace.untilKill();
    await delay(randomInt(DUE_MS_MAX));
    done.push(await killOne(cluster));
    pace.killedOne();
  }
  return done;
}

async function killOne(cluster: Cluster): Promise<Kill> {
  const leader = await leaderOf(cluster);
  const any = cluster.nodes[randomInt(cluster.nodes.length)];
  const node = randomInt(2) === 0 ? (leader ?? any) : any;
  if (node === undefined) throw new RangeError('a cluster has nodes');
  // Whoever ended without being killed must not be started again unnoticed.
  void cluster.pids;
  const downMs = randomInt(DOWN_MS_MIN, DOWN_MS_MAX);
  await node.kill();
  await delay(downMs);
  node.start();
  await node.untilListening(LISTEN_POLL_MS);
  return { node: node.index, led: node === leader, downMs };
}

async function leaderOf(cluster: Cluster): Promise<NodeProcess | undefined> {
  const reports = await cluster.status();
  const leader = reports.find((report) => report.reachable && report.role === 'Leader');
  return cluster.nodes.find(({ url }) => url === leader?.url);
}
