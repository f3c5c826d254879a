import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePorts } from '../cluster/free-ports.ts';
import { nextMessage, startWorker } from '../load/worker-process.ts';
import { UsageMeter } from '../machine/usage-meter.ts';
import { poll } from '../polling.ts';
import type { Resources } from '../resources.ts';
import type { ProposalJob, RaftAnswer, RaftCommand } from './raft-job.ts';
import type { RaftRound } from './raft-figures.ts';

const LEADER_MS_MAX = 30_000;
const LOOK_MS = 20;

/** A group of processes with nothing but the library in them, on loopback ports, each with its own data. */
export class RaftGroup {
  readonly #directory: string;
  readonly #workers: readonly ChildProcess[];

  private constructor(directory: string, workers: readonly ChildProcess[]) {
    this.#directory = directory;
    this.#workers = workers;
  }

  static async start(
    size: number,
    parentDirectory: string,
    resources: Resources,
  ): Promise<RaftGroup> {
    const directory = await mkdtemp(join(parentDirectory, `raft-${size}-`));
    const ports = await findFreePorts(size);
    const workers = ports.map(() => startWorker('raft-process', resources));
    const group = new RaftGroup(directory, workers);
    await Promise.all(
      workers.map((worker, at) => {
        const job = { id: at + 1, ports, directory: join(directory, `node-${at}`) };
        return ask(worker, { kind: 'open', job });
      }),
    );
    return group;
  }

  /** Has the leader propose, and watches what the processes use once the warm-up is over. */
  async propose(job: ProposalJob): Promise<RaftRound> {
    const leader = await this.#leader();
    const followers = this.#workers.filter((worker) => worker !== leader);
    const pids = [leader, ...followers].map(({ pid = 0 }) => pid);
    await ask(leader, { kind: 'propose', job });
    const meter = new UsageMeter([...pids, process.pid]);
    const answer = await answerOf(leader);
    if (answer.kind !== 'done') throw new Error('the leader did not say what came of it');
    const { processes, othersCpuPercent } = meter.read();
    const { result } = answer;
    return { job, result, processes: processes.slice(0, pids.length), othersCpuPercent };
  }

  /** Ends the processes by SIGKILL and removes their data, which may be gigabytes. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map(killed));
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Waits for a leader whose first entry is committed. */
  async #leader(): Promise<ChildProcess> {
    const look = async () => {
      for (const worker of this.#workers) {
        const answer = await ask(worker, { kind: 'role' });
        if (answer.kind === 'role' && answer.isLeader && answer.isReady) return worker;
      }
      return undefined;
    };
    return poll('leader of the group', look, { timeoutMs: LEADER_MS_MAX, everyMs: LOOK_MS });
  }
}

async function ask(worker: ChildProcess, command: RaftCommand): Promise<RaftAnswer> {
  const answered = answerOf(worker);
  worker.send(command);
  return answered;
}

async function answerOf(worker: ChildProcess): Promise<RaftAnswer> {
  const answer = (await nextMessage(worker)) as RaftAnswer;
  if (answer.kind === 'failed') throw new Error(`a node of the group failed: ${answer.reason}`);
  return answer;
}

function killed(worker: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (worker.exitCode !== null || worker.signalCode !== null) {
      resolve();
      return;
    }
    worker.once('exit', () => resolve());
    worker.kill('SIGKILL');
  });
}
