import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { formatDisk, measureDiskSizes } from './disk-sizes.ts';

/** Options of `bench disk`. */
export interface DiskOptions {
  /** Of each size at most. */
  readonly seconds: number;
  readonly json?: string;
  readonly directory?: string;
}

/** Enough for a p99 that twenty writes stand above. */
const WRITES_MAX = 2000;

/** `bench disk`. */
export async function runDisk(options: DiskOptions, resources: Resources): Promise<number> {
  const directory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const budget = { writesMax: WRITES_MAX, msMax: options.seconds * 1000 };
  const disk = await measureDiskSizes(directory, budget);
  console.log(formatDisk(disk));
  writeJson(options.json, { bench: 'disk', environment, disk });
  return 0;
}
