import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.ts';
import { type FlowJob, isFlowClean } from '../flow/flow-job.ts';
import { FlowProcess } from '../flow/flow-process.ts';
import { formatFlowAccount } from '../flow/flow-report.ts';
import { createTopics, portsFromLeader } from '../flow/flow-setup.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { hasNotGrown, SAMPLES_MIN, trendsOf } from './flatness.ts';
import { type Sample, Sampler } from './sampling.ts';
import { formatSamples, formatTrends } from './soak-report.ts';

/** Options of `bench soak`. */
export interface SoakOptions {
  readonly minutes: number;
  /** Between two samples. */
  readonly sampleSeconds: number;
  readonly publishers: number;
  readonly poppers: number;
  readonly topics: number;
  readonly messageBytes: number;
  /** Messages that are in the topics all the time, about. */
  readonly backlog: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** The backlog moves within a tenth of itself, and by some thousands at least, so that nobody waits for the other. */
const BACKLOG_SLACK_MIN = 2000;

/** `bench soak`: exit code 1 when a log, store or heap grew on and on, or a message was lost or doubled. */
export async function runSoak(
  options: SoakOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: options.nodes, parentDirectory }, resources);
  await cluster.start();
  const flow = new FlowProcess(resources);
  await flow.start(await prepareJob(cluster, options));

  const samples = await watch(cluster, flow, { options, progress });
  progress.show('popping what is left');
  const account = await flow.finish();
  progress.clear();
  const trends = trendsOf(samples);
  const texts = [formatSamples(samples), formatTrends(trends), formatFlowAccount(account)];
  console.log(texts.join('\n\n'));
  writeJson(options.json, { bench: 'soak', environment, options, samples, trends, account });
  return hasNotGrown(trends) && isFlowClean(account) ? 0 : 1;
}

async function prepareJob(cluster: Cluster, options: SoakOptions): Promise<FlowJob> {
  const { publishers, poppers, messageBytes, backlog } = options;
  const topics = await createTopics(cluster, 'soak', options.topics);
  const ports = await portsFromLeader(cluster);
  const max = backlog + Math.max(BACKLOG_SLACK_MIN, Math.ceil(backlog / 10));
  return { ports, topics, publishers, poppers, messageBytes, backlog: { min: backlog, max } };
}

async function watch(
  cluster: Cluster,
  flow: FlowProcess,
  { options, progress }: { options: SoakOptions; progress: Progress },
): Promise<Sample[]> {
  const { minutes, sampleSeconds } = options;
  const count = Math.max(SAMPLES_MIN, Math.round((60 * minutes) / sampleSeconds));
  const startedMs = performance.now();
  const samples: Sample[] = [];
  const sampler = await Sampler.start(cluster, flow);
  for (let number = 1; number <= count; number++) {
    const dueMs = startedMs + number * sampleSeconds * 1000;
    await delay(Math.max(0, dueMs - performance.now()));
    const sample = await sampler.take();
    samples.push(sample);
    const rate = Math.round(sample.ackedPerSecond);
    progress.show(`sample ${number} of ${count}: ${rate}/s, backlog ${sample.backlog}`);
  }
  return samples;
}
