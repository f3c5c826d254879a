import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { poll, within } from '../polling.ts';
import type { AckWatch } from '../traffic/ack-watch.ts';

/** What one death of a leader cost, in ms after the kill. */
export interface Failover {
  /** Until a surviving node said that it leads. */
  readonly leaderMs: number;
  /** Until the first ack of a publish that was called after the kill. */
  readonly ackMs: number;
}

/** Between two kills the cluster serves for so long, a random time in these bounds, in ms. */
const CALM_MS_MIN = 300;
const CALM_MS_MAX = 1000;

const RECOVERY_MS_MAX = 20_000;
const POLL_MS = 5;

/** Kills the leader, waits for the next, and brings the dead one back. */
export async function killLeader(cluster: Cluster, watch: AckWatch): Promise<Failover> {
  await delay(randomInt(CALM_MS_MIN, CALM_MS_MAX));
  const leader = await cluster.leader();
  const acked = watch.fromNow();
  const killedMs = performance.now();
  const dead = leader.kill();
  const [leaderMs, ackMs] = await Promise.all([
    untilAnotherLeads(cluster, leader.url),
    within(RECOVERY_MS_MAX, 'acked publish after the kill', acked),
  ]);
  await dead;
  leader.start();
  await leader.untilListening(POLL_MS);
  return { leaderMs: leaderMs - killedMs, ackMs: ackMs - killedMs };
}

async function untilAnotherLeads(cluster: Cluster, deadUrl: string): Promise<number> {
  const look = async () => {
    const reports = await cluster.status();
    const isLed = reports.some(
      (report) => report.reachable && report.role === 'Leader' && report.url !== deadUrl,
    );
    return isLed ? performance.now() : undefined;
  };
  return poll('leader after the kill', look, { timeoutMs: RECOVERY_MS_MAX, everyMs: POLL_MS });
}
