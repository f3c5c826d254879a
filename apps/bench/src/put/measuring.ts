import type { Cluster } from '../cluster/cluster.ts';
import type { EchoProcess } from '../load/echo-process.ts';
import type { LoadJob } from '../load/load-job.ts';
import type { LoadProcess } from '../load/load-process.ts';
import { UsageMeter } from '../machine/usage-meter.ts';
import type { Measurement, Round } from './put-figures.ts';

/** The two servers and what loads them. */
export interface Bench {
  readonly cluster: Cluster;
  readonly echo: EchoProcess;
  readonly loader: LoadProcess;
}

/** A job without its target. */
export type Load = Omit<LoadJob, 'port'>;

/** Loads the leader, whichever node that is by now. */
export async function measureLeader({ cluster, loader }: Bench, load: Load): Promise<Measurement> {
  const leader = await cluster.leader();
  const followers = cluster.nodes.filter((node) => node !== leader);
  const pids = [leader, ...followers].map((node) => node.pid);
  return measure(loader, { ...load, port: leader.port }, pids);
}

export function measureEcho({ echo, loader }: Bench, load: Load): Promise<Measurement> {
  return measure(loader, { ...load, port: echo.port }, [echo.pid]);
}

/** One round; who goes first changes from round to round, since the machine's other work comes and goes. */
export async function measureRound(bench: Bench, load: Load, number: number): Promise<Round> {
  if (number % 2 === 1) {
    const rrmq = await measureLeader(bench, load);
    return { rrmq, echo: await measureEcho(bench, load) };
  }
  const echo = await measureEcho(bench, load);
  return { rrmq: await measureLeader(bench, load), echo };
}

async function measure(
  loader: LoadProcess,
  job: LoadJob,
  pids: readonly number[],
): Promise<Measurement> {
  const watched = [...pids, loader.pid, process.pid];
  let meter = new UsageMeter(watched);
  const load = await loader.run(job, () => {
    meter = new UsageMeter(watched);
  });
  const { processes, othersCpuPercent } = meter.read();
  return {
    load,
    processes: processes.slice(0, pids.length),
    loaderCpuPercent: processes[pids.length]?.cpuPercent,
    othersCpuPercent,
  };
}
