import { formatDisk, measureDiskSizes } from '../disk/disk-sizes.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { isValidRound, type RaftLevel, type RaftRound } from './raft-figures.ts';
import { RaftGroup } from './raft-group.ts';
import { formatRaftLevels } from './raft-report.ts';

/** Options of `bench raft`. */
export interface RaftOptions {
  readonly entryBytes: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Proposals under way. */
  readonly window: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

/** Short: it only says what the disk is like. */
const DISK_BUDGET = { writesMax: 200, msMax: 1000 };

/** `bench raft`: exit code 0 when every size of entries has a valid round, whatever the aims. */
export async function runRaft(
  options: RaftOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  const disk = await measureDiskSizes(parentDirectory, DISK_BUDGET);
  console.log(`${formatEnvironment(environment)}\n\n${formatDisk(disk)}\n`);

  const levels: RaftLevel[] = [];
  for (const entryBytes of options.entryBytes) {
    const rounds: RaftRound[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      progress.show(`entries of ${entryBytes} bytes: round ${round} of ${options.rounds}`);
      rounds.push(await runRound(options, entryBytes, { parentDirectory, resources }));
    }
    levels.push({ entryBytes, rounds });
  }

  progress.clear();
  console.log(formatRaftLevels(levels, options.window));
  writeJson(options.json, { bench: 'raft', environment, disk, options, levels });
  return levels.every(({ rounds }) => rounds.some(isValidRound)) ? 0 : 1;
}

/** Fresh processes and data each time, so that no round begins with what the one before left. */
async function runRound(
  { nodes, window, warmUpSeconds, seconds }: RaftOptions,
  entryBytes: number,
  { parentDirectory, resources }: { parentDirectory: string; resources: Resources },
): Promise<RaftRound> {
  const group = await RaftGroup.start(nodes, parentDirectory, resources);
  try {
    return await group.propose({ entryBytes, window, warmUpSeconds, seconds });
  } finally {
    await group.end();
  }
}
