import { connect } from '@rrmq/client';
import { Cluster } from '../cluster/cluster.ts';
import { formatDisk, measureDiskSizes } from '../disk/disk-sizes.ts';
import { startEcho } from '../load/echo-process.ts';
import type { Loader } from '../load/load-job.ts';
import { LoadProcess } from '../load/load-process.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { formatSelfTimes, selfTimesOf } from '../profile/self-times.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { type Bench, type Load, measureEcho, measureLeader, measureRound } from './measuring.ts';
import { isValid, type Level, ratioOf, type Round } from './put-figures.ts';
import { formatLevels } from './put-report.ts';

/** Options of `bench put`. */
export interface PutOptions {
  readonly connections: readonly number[];
  readonly rounds: number;
  /** Of one server in one round. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly nodes: number;
  /** Of a request's whole body. */
  readonly bodyBytes: number;
  readonly loader: Loader;
  /** Where nodes write their CPU profiles. */
  readonly cpuProf?: string;
  readonly json?: string;
  readonly directory?: string;
}

/** Short: it only says what the disk is like. */
const DISK_BUDGET = { writesMax: 200, msMax: 1000 };
const TOPIC = 'bench';

/** `bench put`: exit code 0 when every level has a valid round. */
export async function runPut(
  options: PutOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  const disk = await measureDiskSizes(parentDirectory, DISK_BUDGET);
  console.log(`${formatEnvironment(environment)}\n\n${formatDisk(disk)}\n`);

  const echo = await startEcho(resources);
  const loader = new LoadProcess(resources);
  const levels: Level[] = [];
  for (const connections of options.connections) {
    progress.show(`${connections} connections: starting ${options.nodes} nodes`);
    const cluster = await startCluster(options, parentDirectory, resources);
    const bench = { cluster, echo, loader };
    levels.push({
      connections,
      rounds: await runRounds(bench, connections, { options, progress }),
    });
    await finish(cluster, options.cpuProf);
  }

  progress.clear();
  console.log(formatLevels(levels));
  const ratios = levels.map((level) => ({ connections: level.connections, ratio: ratioOf(level) }));
  writeJson(options.json, { bench: 'put', ratios, environment, disk, options, levels });
  return levels.every(({ rounds }) => rounds.some(isValid)) ? 0 : 1;
}

/** A fresh one for each level, so that no level carries the messages of another. */
async function startCluster(
  { nodes, cpuProf }: PutOptions,
  parentDirectory: string,
  resources: Resources,
): Promise<Cluster> {
  const execArgv = cpuProf === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${cpuProf}`];
  const cluster = await Cluster.prepare({ size: nodes, parentDirectory, execArgv }, resources);
  await cluster.start();
  await using client = connect(cluster.urls);
  await client.createTopic(TOPIC, { ifNotExists: true });
  return cluster;
}

async function runRounds(
  bench: Bench,
  connections: number,
  { options, progress }: { options: PutOptions; progress: Progress },
): Promise<Round[]> {
  const { loader, seconds, warmUpSeconds, rounds: count } = options;
  const load: Load = { loader, connections, seconds, body: makeBody(options.bodyBytes) };
  progress.show(`${connections} connections: warm-up`);
  await measureEcho(bench, { ...load, seconds: warmUpSeconds });
  await measureLeader(bench, { ...load, seconds: warmUpSeconds });
  const rounds: Round[] = [];
  for (let number = 1; number <= count; number++) {
    progress.show(`${connections} connections: round ${number} of ${count}`);
    rounds.push(await measureRound(bench, load, number));
  }
  return rounds;
}

/** Ends the cluster; with profiles gently, so that they are written, and says what is in the leader's. */
async function finish(cluster: Cluster, cpuProf: string | undefined): Promise<void> {
  if (cpuProf !== undefined) {
    const { pid } = await cluster.leader();
    await cluster.stop();
    console.log(`\n${formatSelfTimes(selfTimesOf(cpuProf, pid))}\n`);
  }
  await cluster.kill();
}

/** `{"topic":"bench","message":"mmm…"}` of so many bytes, at least those of an empty message. */
export function makeBody(bytes: number): string {
  const empty = JSON.stringify({ topic: TOPIC, message: '' });
  const message = 'm'.repeat(Math.max(0, bytes - empty.length));
  return JSON.stringify({ topic: TOPIC, message });
}
