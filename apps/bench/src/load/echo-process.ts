import type { Resources } from '../resources.ts';
import { nextMessage, startWorker } from './worker-process.ts';

/** Where the echo process listens, and what it is known by. */
export interface EchoProcess {
  readonly port: number;
  readonly pid: number;
}

export async function startEcho(resources: Resources): Promise<EchoProcess> {
  const worker = startWorker('echo-server', resources);
  const port = await nextMessage(worker);
  if (typeof port !== 'number' || worker.pid === undefined) throw new Error('no echo server');
  return { port, pid: worker.pid };
}
