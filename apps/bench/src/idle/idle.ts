import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@rrmq/client';
import { Cluster } from '../cluster/cluster.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { UsageMeter } from '../machine/usage-meter.ts';
import type { Progress } from '../progress.ts';
import { formatBytes, formatPercent } from '../quantities.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { formatTable } from '../table.ts';
import { changesBetween, listDataFiles } from './data-files.ts';

/** Options of `bench idle`. */
export interface IdleOptions {
  readonly seconds: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** So that an idle cluster is not an empty one. */
const MESSAGES = 200;

/** After this the work of the start, such as making spare segments, is over. */
const SETTLE_MS = 5000;

/** `bench idle`. */
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
  await delay(SETTLE_MS);

  const nodes = await watch(cluster, options.seconds, progress);
  progress.clear();
  console.log(formatNodes(nodes, options.seconds));
  writeJson(options.json, { bench: 'idle', environment, options, nodes });
  return 0;
}

async function publishSome(cluster: Cluster): Promise<void> {
  await using client = connect(cluster.urls, { ordered: false, timeoutMs: 60_000 });
  await client.createTopic('idle');
  const messages = Array.from({ length: MESSAGES }, (_, number) => `message ${number}`);
  await Promise.all(messages.map((message) => client.publish('idle', message)));
}

/** What one node did with nothing to do. */
interface IdleNode {
  readonly role: string;
  readonly cpuPercent: number | undefined;
  readonly residentBytes: number | undefined;
  /** By the kernel's account; it includes what the node logged. */
  readonly diskWriteBytes: number | undefined;
  readonly changedFiles: readonly string[];
  /** How much larger its files became. */
  readonly grownBytes: number;
}

async function watch(cluster: Cluster, seconds: number, progress: Progress): Promise<IdleNode[]> {
  const leader = await cluster.leader();
  const before = listDataFiles(cluster.directory);
  const meter = new UsageMeter(cluster.pids);
  for (let second = 0; second < seconds; second++) {
    progress.show(`idle for ${second} of ${seconds} s`);
    await delay(1000);
  }
  const { processes } = meter.read();
  const changes = changesBetween(before, listDataFiles(cluster.directory));
  return cluster.nodes.map((node, index) => {
    const own = changes.filter(({ path }) => path.split(/[/\\]/).includes(`node-${index}`));
    return {
      role: node === leader ? 'leader' : 'follower',
      cpuPercent: processes[index]?.cpuPercent,
      residentBytes: processes[index]?.residentBytes,
      diskWriteBytes: processes[index]?.diskWriteBytes,
      changedFiles: own.map(({ path }) => path),
      grownBytes: own.reduce((sum, { grownBytes }) => sum + grownBytes, 0),
    };
  });
}

function formatNodes(nodes: readonly IdleNode[], seconds: number): string {
  const titles = ['node', 'CPU', 'RSS', 'written', 'data files changed', 'and grown by'];
  const rows = nodes.map((node, index) => [
    `${index} ${node.role}`,
    formatPercent(node.cpuPercent),
    formatBytes(node.residentBytes),
    formatBytes(node.diskWriteBytes),
    String(node.changedFiles.length),
    formatBytes(node.grownBytes),
  ]);
  const table = formatTable(titles, rows);
  return `${seconds} s without work (CPU: % of one core)\n\n${table}`;
}
