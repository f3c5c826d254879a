import { runAutocannon } from './autocannon-load.ts';
import { runClosedLoop } from './closed-loop.ts';
import type { LoadJob, LoadMessage } from './load-job.ts';

/** The loading process: does one `LoadJob` after the other for its parent and ends with it. */
export function runLoadGenerator(): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (job: LoadJob) => void work(job));
}

async function work(job: LoadJob): Promise<void> {
  const run = job.loader === 'raw' ? runClosedLoop : runAutocannon;
  try {
    tell({ kind: 'done', result: await run(job, () => tell({ kind: 'begun' })) });
  } catch (error) {
    tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
  }
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}
