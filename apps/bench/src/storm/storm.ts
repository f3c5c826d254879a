import { Cluster } from '../cluster/cluster.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { within } from '../polling.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { FAULT_KINDS } from './faults.ts';
import { StormRun } from './storm-run.ts';
import { formatStorm } from './storm-report.ts';

/** Options of `bench storm`. */
export interface StormOptions {
  readonly messages: number;
  readonly kills: number;
  /** After so long the run is given up. */
  readonly seconds: number;
  readonly producers: number;
  readonly consumers: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** `bench storm`: exit code 1 when anything does not add up. */
export async function runStorm(
  options: StormOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const cluster = await Cluster.prepare({ size: options.nodes, parentDirectory }, resources);
  await cluster.start();

  const run = new StormRun(cluster, options, progress);
  const figures = await within(options.seconds * 1000, 'end of the storm', run.run());
  const { faults } = run;
  progress.clear();
  console.log(formatStorm(figures, faults));
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, faults.of(kind)]));
  const result = { ...figures, faults: counts, told: faults.told };
  writeJson(options.json, { bench: 'storm', environment, options, ...result });
  return faults.isClean ? 0 : 1;
}
