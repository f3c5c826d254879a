import { connect, type RrmqClient, RrmqError } from '@rrmq/client';
import { untilCaughtUp, untilLeaderView } from '../cluster/catching-up.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import { within } from '../polling.ts';
import type { AckWatch } from '../traffic/ack-watch.ts';

/** One step of a change, and how long it took. */
export interface Step {
  readonly what: string;
  readonly tookMs: number;
}

const RECOVERY_MS_MAX = 20_000;

/** A change of the voters waits for those that join, and for a new leader. */
const CHANGE_MS_MAX = 60_000;
/** So often an answer of unknown outcome is borne. */
const UNKNOWN_MAX = 5;
const POLL_MS = 5;

/** One more node joins and becomes a voter. */
export async function addNode(cluster: Cluster): Promise<Step[]> {
  const startedMs = performance.now();
  const node = await cluster.join();
  const joinedMs = performance.now();
  await untilCaughtUp(cluster, [node]);
  const name = `node ${node.index}`;
  return [
    { what: `${name}: started with --join, until it listens`, tookMs: joinedMs - startedMs },
    { what: `${name}: until it is a voter and caught up`, tookMs: performance.now() - joinedMs },
  ];
}

/** Kills the leader and one more node, at once; the killed ones, and how long nothing was acked. */
export async function killTwo(
  cluster: Cluster,
  acks: AckWatch,
): Promise<{ readonly killed: readonly NodeProcess[]; readonly step: Step }> {
  const leader = await cluster.leader();
  const killed = [leader, ...cluster.nodes.filter((node) => node !== leader).slice(-1)];
  const acked = acks.fromNow();
  const killedMs = performance.now();
  const dead = killed.map((node) => node.kill());
  const ackedMs = await within(RECOVERY_MS_MAX, 'acked publish after the kill', acked);
  await Promise.all(dead);
  const what = `${namesOf(killed)}, the first of them leading: kill -9, until the next ack`;
  return { killed, step: { what, tookMs: ackedMs - killedMs } };
}

/** Starts dead nodes again and waits until they have caught up. */
export async function bringBack(cluster: Cluster, nodes: readonly NodeProcess[]): Promise<Step> {
  const startedMs = performance.now();
  for (const node of nodes) node.start();
  await Promise.all(nodes.map((node) => node.untilListening(POLL_MS)));
  await untilCaughtUp(cluster, nodes);
  await cluster.leader();
  const what = `${namesOf(nodes)}: started again, until caught up`;
  return { what, tookMs: performance.now() - startedMs };
}

/** Removes the leader and one more node, by one call of the client, and ends their processes. */
export async function removeTwo(cluster: Cluster): Promise<Step[]> {
  const leader = await cluster.leader();
  const removed = [leader, ...cluster.nodes.filter((node) => node !== leader).slice(0, 1)];
  const ids = await idsOf(cluster, removed);
  const startedMs = performance.now();
  await using client = connect(cluster.urls);
  const unknown = await removeSurely(client, ids);
  const removedMs = performance.now();
  await cluster.forget(removed);
  await cluster.leader();
  await untilCaughtUp(cluster, cluster.nodes);
  const ledMs = performance.now();
  const left = await Promise.all(removed.map((node) => node.stop()));
  const name = namesOf(removed);
  const asked = unknown === 0 ? '' : `, after ${unknown} answers of unknown outcome`;
  const end = left.every(Boolean) ? 'ended by SIGTERM' : 'ended, NOT with exit code 0';
  return [
    { what: `${name}, the first of them leading: removed${asked}`, tookMs: removedMs - startedMs },
    { what: 'the other three: until they agree on a leader', tookMs: ledMs - removedMs },
    { what: `${name}: ${end}`, tookMs: performance.now() - ledMs },
  ];
}

/** Asks until it is known to be done; how often the answer was that nobody knows, which may be asked again. */
async function removeSurely(client: RrmqClient, ids: readonly number[]): Promise<number> {
  for (let unknown = 0; ; unknown++) {
    try {
      await client.cluster.removeMembers(ids, { timeoutMs: CHANGE_MS_MAX });
      return unknown;
    } catch (error) {
      const isUnknown = error instanceof RrmqError && error.outcome === 'unknown';
      if (!isUnknown || unknown >= UNKNOWN_MAX) throw error;
    }
  }
}

async function idsOf(cluster: Cluster, nodes: readonly NodeProcess[]): Promise<number[]> {
  const { members } = await untilLeaderView(cluster);
  return nodes.map(({ url }) => {
    const member = members.find((each) => each.url === url);
    if (member === undefined) throw new Error(`${url} is no member of the cluster`);
    return member.id;
  });
}

function namesOf(nodes: readonly NodeProcess[]): string {
  return `nodes ${nodes.map(({ index }) => index).join(' and ')}`;
}
