import type { Cluster } from '../cluster/cluster.ts';
import type { NodeProcess } from '../cluster/node-process.ts';
import type { FlowCounts } from '../flow/flow-job.ts';
import { type FlowProcess, ratesBetween } from '../flow/flow-process.ts';
import { type DataSize, measureData } from '../machine/data-size.ts';
import { readProcessMemory } from '../machine/process-usage.ts';
import { UsageMeter } from '../machine/usage-meter.ts';

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
  /** Of everything on the machine that is no part of the run, since the sample before, in % of one core. */
  readonly othersCpuPercent: number | undefined;
  /** Calls that were refused or of unknown outcome, since the start. */
  readonly failed: number;
  /** In the order of the nodes. */
  readonly nodes: readonly NodeSample[];
}

/** Takes one sample after the other. */
export class Sampler {
  readonly #cluster: Cluster;
  readonly #flow: FlowProcess;
  readonly #pids: readonly number[];
  #before: FlowCounts;
  #meter: UsageMeter;

  private constructor(cluster: Cluster, flow: FlowProcess, counts: FlowCounts) {
    this.#cluster = cluster;
    this.#flow = flow;
    this.#pids = [...cluster.pids, flow.pid, process.pid];
    this.#before = counts;
    this.#meter = new UsageMeter(this.#pids);
  }

  static async start(cluster: Cluster, flow: FlowProcess): Promise<Sampler> {
    return new Sampler(cluster, flow, await flow.counts());
  }

  async take(): Promise<Sample> {
    const counts = await this.#flow.counts();
    const { othersCpuPercent } = this.#meter.read();
    const rates = ratesBetween(this.#before, counts);
    this.#before = counts;
    this.#meter = new UsageMeter(this.#pids);
    return {
      atSeconds: counts.elapsedMs / 1000,
      ...rates,
      backlog: counts.backlog,
      othersCpuPercent,
      failed: counts.refused + counts.unknown,
      nodes: this.#cluster.nodes.map(sampleNode),
    };
  }
}

function sampleNode({ dataDirectory, pid }: NodeProcess): NodeSample {
  const { anonymousBytes, fileBytes } = readProcessMemory(pid) ?? {};
  return { ...measureData(dataDirectory), anonymousBytes, fileBytes };
}
