import { Cluster } from '../cluster/cluster.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { formatAccounts } from '../traffic/account-report.ts';
import { AckWatch } from '../traffic/ack-watch.ts';
import { isClean } from '../traffic/ledger.ts';
import { Traffic } from '../traffic/traffic.ts';
import { restartAll } from './restarting.ts';
import { formatRounds, type RollingRound } from './rolling-report.ts';

/** Options of `bench rolling`. */
export interface RollingOptions {
  readonly rounds: number;
  readonly producers: number;
  /** Publishes per second of all producers together. */
  readonly rate: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** `bench rolling`: exit code 1 when a call failed, a node did not leave well, or a message was lost or doubled. */
export async function runRolling(
  options: RollingOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: options.nodes, parentDirectory }, resources);
  await cluster.start();

  const { producers, rate } = options;
  const traffic = await Traffic.start(cluster, { producers, rate, pops: true }, new AckWatch());
  const rounds: RollingRound[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    progress.show(`round ${round} of ${options.rounds}`);
    const restarts = await restartAll(cluster);
    rounds.push({ restarts, calls: traffic.calls.take() });
  }
  const accounts = await traffic.finish(cluster, (popped) => progress.show(`popped ${popped}`));
  const last = traffic.calls.take();

  progress.clear();
  console.log(`${formatRounds(rounds)}\n\n${formatAccounts(accounts)}`);
  writeJson(options.json, { bench: 'rolling', environment, options, rounds, last, accounts });
  const failed = [...rounds.map(({ calls }) => calls), last].some((calls) => calls.failed > 0);
  const leftWell = rounds.every(({ restarts }) => restarts.every((each) => each.leftWell));
  return !failed && leftWell && accounts.every(isClean) ? 0 : 1;
}
