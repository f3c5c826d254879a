import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@rrmq/client';
import { Cluster } from '../cluster/cluster.ts';
import { logIndexes, untilAllIsStored } from '../cluster/storing.ts';
import { encodeCall } from '../load/json-call.ts';
import { LeaderLane } from '../load/leader-lane.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { UsageMeter } from '../machine/usage-meter.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { changesBetween, listDataFiles } from './data-files.ts';
import { publishDelayed } from './delayed-messages.ts';
import { type IdleNode, formatIdle } from './idle-report.ts';
import { WaitingReceivers } from './waiting-receivers.ts';

/** Options of `bench idle`. */
export interface IdleOptions {
  readonly seconds: number;
  readonly nodes: number;
  /** Receives that wait at the leader all the time. */
  readonly waiting: number;
  /** Messages that are due in an hour. */
  readonly delayed: number;
  readonly json?: string;
  readonly directory?: string;
}

/** So that an idle cluster is not an empty one. */
const MESSAGES = 200;

/** Receives wait here: also for the messages that are not due. */
const WAITED_TOPIC = 'waited-for';

/** After this the work of the start, such as making spare segments, is over. */
const SETTLE_MS = 5000;

/** `bench idle`: exit code 1 when anything was written to the log, or a receive did not wait as it should. */
export async function runIdle(
  options: IdleOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: options.nodes, parentDirectory }, resources);
  await cluster.start();
  progress.show('publishing some messages, then waiting until all is quiet');
  await publishSome(cluster);
  const receivers = await startWaiting(cluster, options);
  await untilAllIsStored(cluster);
  await delay(SETTLE_MS);

  receivers.forget();
  const nodes = await watch(cluster, options.seconds, progress);
  const waits = receivers.ends();
  receivers.stop();
  progress.clear();
  console.log(formatIdle(nodes, options, waits));
  writeJson(options.json, { bench: 'idle', environment, options, nodes, waits });
  const isWaiting = waits.withMessages === 0 && Object.keys(waits.failures).length === 0;
  return isWaiting && nodes.every(({ entries }) => entries === 0) ? 0 : 1;
}

async function publishSome(cluster: Cluster): Promise<void> {
  await using client = connect(cluster.urls, { ordered: false, timeoutMs: 60_000 });
  await client.createTopic('idle');
  const messages = Array.from({ length: MESSAGES }, (_, number) => `message ${number}`);
  await Promise.all(messages.map((message) => client.publish('idle', message)));
}

async function startWaiting(
  cluster: Cluster,
  { waiting, delayed }: IdleOptions,
): Promise<WaitingReceivers> {
  const ports = cluster.nodes.map(({ port }) => port);
  const lane = new LeaderLane(ports);
  await lane.persist(encodeCall(`PUT /v1/topics/${WAITED_TOPIC}`, {}));
  await publishDelayed(lane, WAITED_TOPIC, delayed);
  lane.close();
  const receivers = new WaitingReceivers(WAITED_TOPIC, ports, waiting);
  receivers.start();
  return receivers;
}

async function watch(cluster: Cluster, seconds: number, progress: Progress): Promise<IdleNode[]> {
  const leader = await cluster.leader();
  const before = listDataFiles(cluster.directory);
  const indexesBefore = await logIndexes(cluster);
  const meter = new UsageMeter(cluster.pids);
  for (let second = 0; second < seconds; second++) {
    progress.show(`idle for ${second} of ${seconds} s`);
    await delay(1000);
  }
  const { processes } = meter.read();
  const indexes = await logIndexes(cluster);
  const changes = changesBetween(before, listDataFiles(cluster.directory));
  return cluster.nodes.map((node, index) => {
    const own = changes.filter(({ path }) => path.split(/[/\\]/).includes(`node-${index}`));
    return {
      role: node === leader ? 'leader' : 'follower',
      entries: (indexes[index]?.last ?? 0) - (indexesBefore[index]?.last ?? 0),
      cpuPercent: processes[index]?.cpuPercent,
      residentBytes: processes[index]?.residentBytes,
      diskWriteBytes: processes[index]?.diskWriteBytes,
      changedFiles: own.map(({ path }) => path),
      grownBytes: own.reduce((sum, { grownBytes }) => sum + grownBytes, 0),
    };
  });
}
