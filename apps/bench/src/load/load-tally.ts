import { createHistogram } from 'node:perf_hooks';
import type { LoadResult } from './load-job.ts';

/** One minute, in µs: no answer takes longer. */
const LATENCY_US_MAX = 60_000_000;

/** Counts answers and their latencies, to the µs. */
export class LoadTally {
  readonly #latenciesUs = createHistogram({ lowest: 1, highest: LATENCY_US_MAX, figures: 3 });
  readonly #startedMs = performance.now();
  #answeredMs = this.#startedMs;
  #requests = 0;
  #non2xx = 0;
  #errors = 0;

  answer(status: number, latencyMs: number): void {
    this.#answeredMs = performance.now();
    this.#requests++;
    if (status < 200 || status > 299) this.#non2xx++;
    this.#latenciesUs.record(Math.max(1, Math.round(latencyMs * 1000)));
  }

  fail(): void {
    this.#errors++;
  }

  /** The result up to the last answer. */
  result(): LoadResult {
    const latencies = this.#latenciesUs;
    const isEmpty = this.#requests === 0;
    return {
      requests: this.#requests,
      seconds: Math.max(1, this.#answeredMs - this.#startedMs) / 1000,
      non2xx: this.#non2xx,
      errors: this.#errors,
      p50Ms: isEmpty ? 0 : latencies.percentile(50) / 1000,
      p99Ms: isEmpty ? 0 : latencies.percentile(99) / 1000,
      maxMs: isEmpty ? 0 : latencies.max / 1000,
    };
  }
}
