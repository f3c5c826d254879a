import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connect } from '@rrmq/client';
import type { Cluster } from '../cluster/cluster.ts';
import { NODE_PROGRAM, type NodeProcess } from '../cluster/node-process.ts';
import { untilAllIsStored } from '../cluster/storing.ts';
import { poll } from '../polling.ts';
import type { LeaderLane } from '../load/leader-lane.ts';
import { type Stats, encodeShow, statsIn } from './storm-requests.ts';

/** The state of a node's store, by `rrmq-node verify`. */
export interface NodeState {
  readonly node: number;
  readonly index: number;
  readonly hash: string;
}

const LEAD_MS_MAX = 60_000;
const LEAD_POLL_MS = 100;

/** The topic's counts by the state of each node, which leads for that. */
export async function statsOfEachNode(cluster: Cluster, lane: LeaderLane): Promise<Stats[]> {
  const all: Stats[] = [];
  for (const node of cluster.nodes) {
    await makeLead(cluster, node);
    lane.turnTo(node.port);
    all.push(statsIn(await lane.persist(encodeShow())));
  }
  return all;
}

async function makeLead(cluster: Cluster, node: NodeProcess): Promise<void> {
  await using client = connect(cluster.urls);
  const look = async () => {
    const leader = await cluster.leader();
    if (leader === node) return true;
    const { members } = await client.cluster.status();
    const to = members.find(({ url }) => url === node.url)?.id;
    if (to === undefined) throw new Error(`${node.url} is no member`);
    await client.cluster.transferLeadership({ to }).catch(() => undefined);
    return undefined;
  };
  const polling = { timeoutMs: LEAD_MS_MAX, everyMs: LEAD_POLL_MS };
  await poll(`leader ${node.url}`, look, polling);
}

/** Waits until all nodes have executed and stored the same, kills them, and reads what they stored. */
export async function storedStates(cluster: Cluster): Promise<NodeState[]> {
  await untilAllIsStored(cluster);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  return Promise.all(cluster.nodes.map(verify));
}

async function verify({ index: node, dataDirectory }: NodeProcess): Promise<NodeState> {
  const args = [NODE_PROGRAM, 'verify', dataDirectory];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const found = /^state +at entry (\d+): hash ([0-9a-f]+),/m.exec(stdout);
  if (found === null) throw new Error(`no state in what verify printed:\n${stdout}`);
  return { node, index: Number(found[1]), hash: found[2] ?? '' };
}
