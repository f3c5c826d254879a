import type { Cluster } from '../cluster/cluster.ts';
import { ratesBetween } from '../flow/flow-process.ts';
import type { FlowCounts } from '../flow/flow-job.ts';
import { type DataSize, measureData } from '../machine/data-size.ts';
import { readProcessMemory } from '../machine/process-usage.ts';

/** What one node took at one moment, in bytes; memory is missing on systems without `/proc`. */
export interface NodeSample extends DataSize {
  readonly anonymousBytes: number | undefined;
  readonly fileBytes: number | undefined;
}

/** All nodes and the flow at one moment. */
export interface Sample {
  readonly atSeconds: number;
  /** Since the sample before. */
  readonly ackedPerSecond: number;
  readonly poppedPerSecond: number;
  readonly backlog: number;
  /** Calls that were refused or of unknown outcome, since the start. */
  readonly failed: number;
  /** In the order of the nodes. */
  readonly nodes: readonly NodeSample[];
}

export function takeSample(cluster: Cluster, before: FlowCounts, counts: FlowCounts): Sample {
  return {
    atSeconds: counts.elapsedMs / 1000,
    ...ratesBetween(before, counts),
    backlog: counts.backlog,
    failed: counts.refused + counts.unknown,
    nodes: cluster.nodes.map(({ dataDirectory, pid }) => {
      const memory = readProcessMemory(pid);
      const { anonymousBytes, fileBytes } = memory ?? {};
      return { ...measureData(dataDirectory), anonymousBytes, fileBytes };
    }),
  };
}
