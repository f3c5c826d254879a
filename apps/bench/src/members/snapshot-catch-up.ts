import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { untilLeaderView } from '../cluster/catching-up.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { isCaughtUp } from '../cluster/cluster-view.ts';
import { type LoggedEvent, readEvents } from '../cluster/node-log.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import type { FlowCounts } from '../flow/flow-job.ts';
import { type FlowProcess, ratesBetween } from '../flow/flow-process.ts';
import { measureData } from '../machine/data-size.ts';
import type { Progress } from '../progress.ts';

/** How a follower that was away for long came back, and what that cost the publishers. */
export interface SnapshotCatchUp {
  /** Acked messages per second: with all three nodes, and without the follower. */
  readonly steadyPerSecond: number;
  readonly awayPerSecond: number;
  /** From the start of its process until it listened: on few cores that alone is felt. */
  readonly startingPerSecond: number;
  /** From the start of its process until it had caught up, and the worst second of that. */
  readonly catchingUpPerSecond: number;
  readonly worstPerSecond: number;
  /** Acked while it was away. */
  readonly missedMessages: number;
  /** The last entry that it held, and up to where the leader's log was compacted when it came back. */
  readonly heldIndex: number;
  readonly compactedIndex: number;
  /** From the start of its process until the leader saw it caught up. */
  readonly caughtUpMs: number;
  /** From the first chunk until the state was in force; `undefined` when no snapshot came. */
  readonly snapshotMs: number | undefined;
  /** How often a snapshot was installed. */
  readonly installed: number;
  /** What the received store takes on the disk. */
  readonly storeBytes: number;
}

/** While a follower catches up, the others may be slower by this part of their steady rate. */
export const RATE_LOSS_MAX = 0.3;

const STEADY_MS = 15_000;
const SETTLE_MS = 3000;
const LOOK_MS = 100;
const SECOND_MS = 1000;
const AWAY_MS_MAX = 1_800_000;
const BACK_MS_MAX = 300_000;

/** Stops a follower until `messages` were acked and the log no longer holds what it lacks, then starts it again. */
export async function measureCatchUp(
  { cluster, flow }: { cluster: Cluster; flow: FlowProcess },
  messages: number,
  progress: Progress,
): Promise<SnapshotCatchUp> {
  const leader = await cluster.leader();
  const follower = cluster.nodes.find((node) => node !== leader);
  if (follower === undefined) throw new Error('there is no follower to stop');
  progress.show('the steady rate of three nodes');
  await delay(SETTLE_MS);
  const steadyFrom = await flow.counts();
  await delay(STEADY_MS);
  const steadyTo = await flow.counts();

  await follower.stop();
  const stoppedAt = await flow.counts();
  const missed = await untilCompactedPast(cluster, follower, async () => {
    const counts = await flow.counts();
    const acked = counts.acked - stoppedAt.acked;
    progress.show(`without a follower: ${acked} of ${messages} messages`);
    return acked >= messages;
  });
  const awayTo = await flow.counts();
  progress.show('the follower catches up');
  const back = await bringBackUnderLoad(cluster, flow, follower);
  return {
    steadyPerSecond: ratesBetween(steadyFrom, steadyTo).ackedPerSecond,
    awayPerSecond: ratesBetween(stoppedAt, awayTo).ackedPerSecond,
    missedMessages: awayTo.acked - stoppedAt.acked,
    ...missed,
    ...back,
    storeBytes: measureData(follower.dataDirectory).storeAllocatedBytes,
  };
}

/** Waits for `isEnough`, and until the leader's log begins after what the follower holds. */
async function untilCompactedPast(
  cluster: Cluster,
  follower: NodeProcess,
  isEnough: () => Promise<boolean>,
): Promise<Pick<SnapshotCatchUp, 'heldIndex' | 'compactedIndex'>> {
  const untilMs = performance.now() + AWAY_MS_MAX;
  while (performance.now() < untilMs) {
    await delay(SECOND_MS);
    const { members, indexes } = await untilLeaderView(cluster);
    const heldIndex = members.find(({ url }) => url === follower.url)?.match ?? 0;
    const compactedIndex = indexes.compacted;
    if ((await isEnough()) && compactedIndex > heldIndex) return { heldIndex, compactedIndex };
  }
  throw new Error('the log was not compacted beyond the stopped follower');
}

type Back = Pick<
  SnapshotCatchUp,
  | 'startingPerSecond'
  | 'catchingUpPerSecond'
  | 'worstPerSecond'
  | 'caughtUpMs'
  | 'snapshotMs'
  | 'installed'
>;

async function bringBackUnderLoad(
  cluster: Cluster,
  flow: FlowProcess,
  follower: NodeProcess,
): Promise<Back> {
  const logFrom = statSync(follower.logFile).size;
  const from = await flow.counts();
  const startedMs = performance.now();
  follower.start();
  await follower.untilListening(LOOK_MS);
  const listening = await flow.counts();
  const seconds: FlowCounts[] = [from, listening];
  while (!isCaughtUp(await untilLeaderView(cluster), follower.url)) {
    if (performance.now() - startedMs > BACK_MS_MAX) throw new Error('it did not catch up');
    await delay(LOOK_MS);
    const counts = await flow.counts();
    if (counts.elapsedMs - (seconds.at(-1)?.elapsedMs ?? 0) >= SECOND_MS) seconds.push(counts);
  }
  const caughtUpMs = performance.now() - startedMs;
  const to = await flow.counts();
  const catchingUpPerSecond = ratesBetween(from, to).ackedPerSecond;
  return {
    startingPerSecond: ratesBetween(from, listening).ackedPerSecond,
    catchingUpPerSecond,
    worstPerSecond: Math.min(catchingUpPerSecond, ...ratesOf(seconds)),
    caughtUpMs,
    ...snapshotIn(readEvents(follower.logFile, logFrom)),
  };
}

function ratesOf(counts: readonly FlowCounts[]): number[] {
  return counts.slice(1).map((after, at) => {
    const before = counts[at] ?? after;
    return ratesBetween(before, after).ackedPerSecond;
  });
}

/** What a node's log says of snapshots that it received. */
export function snapshotIn(
  events: readonly LoggedEvent[],
): Pick<SnapshotCatchUp, 'snapshotMs' | 'installed'> {
  const installed = events.filter(({ event }) => event === 'snapshot-installed');
  const [first] = installed;
  const receiving = events.findLast(
    ({ event, atMs }) => event === 'snapshot-receiving' && atMs <= (first?.atMs ?? 0),
  );
  const isWhole = first !== undefined && receiving !== undefined;
  return {
    installed: installed.length,
    snapshotMs: isWhole ? first.atMs - receiving.atMs : undefined,
  };
}

/** Whether it came by a snapshot, and the publishers did not pay too much. */
export function isGoodCatchUp(figures: SnapshotCatchUp): boolean {
  const { installed, catchingUpPerSecond, steadyPerSecond } = figures;
  return installed > 0 && catchingUpPerSecond >= (1 - RATE_LOSS_MAX) * steadyPerSecond;
}
