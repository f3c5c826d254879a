import type { ChildProcess } from 'node:child_process';
import type { Resources } from '../resources.ts';
import type { LoadJob, LoadMessage, LoadResult } from './load-job.ts';
import { startWorker } from './worker-process.ts';

/** A process of its own that loads servers, so that its work is not measured as theirs. */
export class LoadProcess {
  readonly #worker: ChildProcess;

  constructor(resources: Resources) {
    this.#worker = startWorker('load-generator', resources);
  }

  get pid(): number {
    if (this.#worker.pid === undefined) throw new Error('the load generator did not start');
    return this.#worker.pid;
  }

  /** Does one job, one at a time; calls `begun` when its connections stand. */
  async run(job: LoadJob, begun: () => void): Promise<LoadResult> {
    const worker = this.#worker;
    const over = new AbortController();
    try {
      return await new Promise<LoadResult>((resolve, reject) => {
        const listen = (message: LoadMessage) => {
          if (message.kind === 'begun') begun();
          else if (message.kind === 'done') resolve(message.result);
          else reject(new Error(`load generator: ${message.reason}`));
        };
        const fail = () => reject(new Error('the load generator ended'));
        worker.on('message', listen).once('exit', fail);
        over.signal.addEventListener('abort', () =>
          worker.off('message', listen).off('exit', fail),
        );
        worker.send(job);
      });
    } finally {
      over.abort();
    }
  }
}
