import { Cluster } from '../cluster/cluster.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { measureStart, type StartTimes } from './start-times.ts';
import { formatFirstLeaders, formatStarts } from './start-report.ts';

/** Options of `bench start`. */
export interface StartOptions {
  readonly nodes: readonly number[];
  /** How often three nodes are started for the median time to their first leader. */
  readonly runs: number;
  readonly json?: string;
  readonly directory?: string;
}

/** `bench start`: exit code 1 when a cluster's leader did not stay. */
export async function runStart(
  options: StartOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const startOnce = async (size: number) => {
    const cluster = await Cluster.prepare({ size, parentDirectory }, resources);
    const times = await measureStart(cluster);
    await cluster.kill();
    return times;
  };

  const bySize: StartTimes[] = [];
  for (const size of options.nodes) {
    progress.show(`starting ${size} nodes`);
    bySize.push(await startOnce(size));
  }
  const ofThree: StartTimes[] = [];
  for (let run = 1; run <= options.runs; run++) {
    progress.show(`starting 3 nodes, run ${run} of ${options.runs}`);
    ofThree.push(await startOnce(3));
  }

  progress.clear();
  console.log(formatStarts(bySize));
  if (ofThree.length > 0) console.log(`\n${formatFirstLeaders(ofThree)}`);
  writeJson(options.json, { bench: 'start', environment, bySize, ofThree });
  return [...bySize, ...ofThree].every(({ isStable }) => isStable) ? 0 : 1;
}
