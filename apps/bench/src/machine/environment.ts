import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { formatBytes } from '../quantities.ts';
import { SYNC_MODE } from './disk-latency.ts';

/** What figures depend on beside the code. */
export interface Environment {
  readonly rrmq: string;
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly sync: string;
  /** Mean number of processes that ran or wanted to, over the last minute. */
  readonly load1m: number;
  readonly at: string;
}

export function readEnvironment(): Environment {
  const manifest = createRequire(import.meta.url)('rrmq-node/package.json') as { version: string };
  return {
    rrmq: manifest.version,
    node: process.version,
    v8: process.versions.v8,
    system: `${type()} ${release()}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    sync: SYNC_MODE,
    load1m: loadavg()[0] ?? 0,
    at: new Date().toISOString(),
  };
}

export function formatEnvironment(environment: Environment): string {
  const { rrmq, node, system, cores, cpu, memoryBytes, sync, load1m } = environment;
  return [
    `rrmq-node ${rrmq}, durable writes by ${sync}; Node.js ${node}, ${system}`,
    `${cores} cores (${cpu}), ${formatBytes(memoryBytes)}; load before the run ${load1m.toFixed(2)}`,
  ].join('\n');
}
