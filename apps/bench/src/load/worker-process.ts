import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Resources } from '../resources.ts';

/** Starts this same program as a child under one of its hidden commands; it ends with the run. */
export function startWorker(command: string, resources: Resources): ChildProcess {
  const worker = fork(process.argv[1] ?? '', [command], { execArgv: [] });
  const exited = once(worker, 'exit');
  resources.defer(async () => {
    if (worker.exitCode !== null || worker.signalCode !== null) return;
    worker.kill('SIGKILL');
    await exited;
  });
  return worker;
}

/** The next message of a worker. @throws {Error} when it ends instead. */
export async function nextMessage(worker: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race([
      once(worker, 'message', { signal }).then(([message]: unknown[]) => message),
      once(worker, 'exit', { signal }).then(() => {
        throw new Error(`the worker ${worker.spawnargs.at(-1)} ended`);
      }),
    ]);
  } finally {
    over.abort();
  }
}
