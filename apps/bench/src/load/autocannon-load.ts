import { createRequire } from 'node:module';
import type autocannon from 'autocannon';
import { ANSWER_MS_MAX, type LoadJob, type LoadResult } from './load-job.ts';
import { LoadTally } from './load-tally.ts';

/** Not bundled: it reads files beside its own source. */
const load = createRequire(import.meta.url);

/**
 * The same load by autocannon, which costs about twice the processor time per request; latencies are taken from its
 * events because its own histogram knows only whole ms.
 */
export async function runAutocannon(job: LoadJob, begun: () => void): Promise<LoadResult> {
  const run = load('autocannon') as typeof autocannon;
  begun();
  const tally = new LoadTally();
  await new Promise<void>((resolve, reject) => {
    const settings: autocannon.Options = {
      url: `http://127.0.0.1:${job.port}/message`,
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: job.body,
      connections: job.connections,
      duration: job.seconds,
      timeout: ANSWER_MS_MAX / 1000,
    };
    const instance = run(settings, (error: unknown) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
    instance.on('response', (_, status, _bytes, latencyMs) => tally.answer(status, latencyMs));
    instance.on('reqError', () => tally.fail());
  });
  return tally.result();
}
