import type { ChildProcess } from 'node:child_process';
import { nextMessage, startWorker } from '../load/worker-process.ts';
import { within } from '../polling.ts';
import type { Resources } from '../resources.ts';
import type {
  BacklogLimits,
  FlowAccount,
  FlowAnswer,
  FlowCommand,
  FlowCounts,
  FlowJob,
} from './flow-job.ts';

/** Only popping millions of messages at the end takes long. */
const ANSWER_MS_MAX = 3_600_000;

/** A process of its own through which messages flow, so that its work is not measured as the nodes'. */
export class FlowProcess {
  readonly #worker: ChildProcess;

  constructor(resources: Resources) {
    this.#worker = startWorker('flow-generator', resources);
  }

  get pid(): number {
    if (this.#worker.pid === undefined) throw new Error('the flow did not start');
    return this.#worker.pid;
  }

  async start(job: FlowJob): Promise<void> {
    await this.#ask({ kind: 'start', job });
  }

  async limit(backlog: BacklogLimits): Promise<void> {
    await this.#ask({ kind: 'limit', backlog });
  }

  async counts(): Promise<FlowCounts> {
    const answer = await this.#ask({ kind: 'count' });
    if (answer.kind !== 'counts') throw new Error('the flow gave no counts');
    return answer.counts;
  }

  /** Ends the publishes, pops all that is left if the flow pops, and ends the process. */
  async finish(): Promise<FlowAccount> {
    const answer = await this.#ask({ kind: 'finish' });
    if (answer.kind !== 'account') throw new Error('the flow gave no account');
    this.#worker.kill();
    return answer.account;
  }

  /** One at a time. */
  async #ask(command: FlowCommand): Promise<FlowAnswer> {
    const answered = within(ANSWER_MS_MAX, 'answer of the flow', nextMessage(this.#worker));
    this.#worker.send(command);
    const answer = (await answered) as FlowAnswer;
    if (answer.kind === 'failed') throw new Error(`the flow failed: ${answer.reason}`);
    return answer;
  }
}

/** What flowed from one count to a later one, per second. */
export function ratesBetween(before: FlowCounts, after: FlowCounts): FlowRates {
  const seconds = Math.max(1, after.elapsedMs - before.elapsedMs) / 1000;
  return {
    ackedPerSecond: (after.acked - before.acked) / seconds,
    poppedPerSecond: (after.popped - before.popped) / seconds,
  };
}

export interface FlowRates {
  readonly ackedPerSecond: number;
  readonly poppedPerSecond: number;
}
