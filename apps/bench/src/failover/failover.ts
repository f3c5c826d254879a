import { Cluster } from '../cluster/cluster.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { AckWatch } from '../traffic/ack-watch.ts';
import { drain } from '../traffic/draining.ts';
import { formatAccounts } from '../traffic/account-report.ts';
import { formatFailovers } from './failover-report.ts';
import { type Failover, killLeader } from './killing.ts';
import { type Account, accountFor, isClean } from '../traffic/ledger.ts';
import { Producer } from '../traffic/producer.ts';

/** Options of `bench failover`. */
export interface FailoverOptions {
  readonly rounds: number;
  readonly producers: number;
  /** Publishes per second of all producers together. */
  readonly rate: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** Longer than any election should take. */
const PUBLISH_TIMEOUT_MS = 15_000;

/** How often the progress of the final pops is shown. */
const SHOW_EVERY = 500;

/** `bench failover`: exit code 1 when a message was lost, doubled, invented or misplaced. */
export async function runFailover(
  options: FailoverOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: options.nodes, parentDirectory }, resources);
  await cluster.start();

  const watch = new AckWatch();
  const producers = await startProducers(cluster, watch, options);
  const failovers: Failover[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    progress.show(`kill ${round} of ${options.rounds}`);
    failovers.push(await killLeader(cluster, watch));
  }
  await Promise.all(producers.map((producer) => producer.stop()));
  const accounts = await accountForAll(cluster, producers, progress);

  progress.clear();
  console.log(`${formatFailovers(failovers)}\n\n${formatAccounts(accounts)}`);
  writeJson(options.json, { bench: 'failover', environment, options, failovers, accounts });
  return accounts.every(isClean) ? 0 : 1;
}

async function startProducers(
  cluster: Cluster,
  watch: AckWatch,
  { producers: count, rate }: FailoverOptions,
): Promise<Producer[]> {
  const { urls } = cluster;
  const onSettled = (calledMs: number, error: unknown) => {
    if (error === undefined) watch.acked(calledMs);
  };
  const producers = Array.from({ length: count }, (_, number) => {
    const topic = `producer-${number}`;
    return new Producer({ urls, topic, connect: { timeoutMs: PUBLISH_TIMEOUT_MS }, onSettled });
  });
  const everyMs = Math.max(1, Math.round((1000 * count) / rate));
  await Promise.all(producers.map((producer) => producer.start(everyMs)));
  return producers;
}

async function accountForAll(
  cluster: Cluster,
  producers: readonly Producer[],
  progress: Progress,
): Promise<Account[]> {
  await cluster.leader();
  const topics = producers.map(({ ledger }) => ledger.topic);
  const popped = await drain(cluster.urls, topics, (count) => {
    if (count % SHOW_EVERY === 0) progress.show(`popping everything: ${count}`);
  });
  return producers.map(({ ledger }, at) => accountFor(ledger, popped[at] ?? []));
}
