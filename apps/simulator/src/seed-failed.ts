/** A seed broke a promise. */
export class SeedFailed extends Error {
  override readonly name = 'SeedFailed';
  readonly seed: number;
  /** Simulated time at which it was noticed. */
  readonly atMs: number;
  /** How many faults had been drawn by then. */
  readonly injections: number;

  constructor(where: Pick<SeedFailed, 'seed' | 'atMs' | 'injections'>, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(what, { cause });
    this.seed = where.seed;
    this.atMs = where.atMs;
    this.injections = where.injections;
  }
}
