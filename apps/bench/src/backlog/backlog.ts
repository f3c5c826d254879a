import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { type BacklogFigures, measureBacklog } from './backlog-cluster.ts';
import { formatBacklogs } from './backlog-report.ts';

/** Options of `bench backlog`. */
export interface BacklogOptions {
  readonly messages: number;
  readonly messageBytes: number;
  readonly connections: number;
  /** Sizes of clusters. */
  readonly nodes: readonly number[];
  readonly json?: string;
  readonly directory?: string;
}

/** `bench backlog`: exit code 1 when messages are missing or too many although no request was sent twice. */
export async function runBacklog(
  options: BacklogOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const { messages, messageBytes, connections } = options;
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const figures: BacklogFigures[] = [];
  for (const nodes of options.nodes) {
    const job = { nodes, messages, messageBytes, connections, parentDirectory };
    figures.push(await measureBacklog(job, resources, progress));
  }
  progress.clear();
  console.log(formatBacklogs(figures));
  writeJson(options.json, { bench: 'backlog', environment, options, figures });
  return figures.every(({ wrong, retries }) => wrong === 0 || retries > 0) ? 0 : 1;
}
