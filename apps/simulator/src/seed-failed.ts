/** A seed broke a promise. */
export class SeedFailed extends Error {
  override readonly name = 'SeedFailed';
  readonly seed: number;
  /** Simulated time at which it was noticed. */
  readonly atMs: number;
  /** Names of the faults that had been drawn by then, by number. */
  readonly drawn: readonly string[];

  constructor(where: Pick<SeedFailed, 'seed' | 'atMs' | 'drawn'>, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(what, { cause });
    this.seed = where.seed;
    this.atMs = where.atMs;
    this.drawn = where.drawn;
  }
}
