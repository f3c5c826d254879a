const BUCKET_MS = 0.02;

/** Up to 4 s; what takes longer counts as that. */
const BUCKETS = 200_000;

/** Latencies to 20 µs, for so many of them that a histogram of Node.js would be part of what is measured. */
export class LatencyBuckets {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  record(latencyMs: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(latencyMs / BUCKET_MS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  /** What at least `percent` % of the latencies do not exceed (nearest rank), in ms; 0 when there are none. */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#total));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return (bucket + 1) * BUCKET_MS;
    }
    return 0;
  }
}
