/** What calls of the client came to. */
export interface CallFigures {
  readonly publishes: number;
  readonly pops: number;
  /** Calls that rejected. */
  readonly failed: number;
  /** The first of them, in words. */
  readonly failures: readonly string[];
  /** The longest call, with all its waiting and retrying, in ms. */
  readonly longestPublishMs: number;
  readonly longestPopMs: number;
}

/** So many failures are kept in words. */
const FAILURES_MAX = 5;

const NOTHING: CallFigures = {
  publishes: 0,
  pops: 0,
  failed: 0,
  failures: [],
  longestPublishMs: 0,
  longestPopMs: 0,
};

/** Sums up the calls of all clients, stretch by stretch. A call counts where it ends. */
export class CallWatch {
  #figures = NOTHING;

  publishEnded(calledMs: number, error: unknown): void {
    const tookMs = performance.now() - calledMs;
    const { publishes, longestPublishMs } = this.#figures;
    this.#figures = {
      ...this.#failing(error, 'publish'),
      publishes: publishes + 1,
      longestPublishMs: Math.max(longestPublishMs, tookMs),
    };
  }

  popEnded(calledMs: number, error: unknown): void {
    const tookMs = performance.now() - calledMs;
    const { pops, longestPopMs } = this.#figures;
    this.#figures = {
      ...this.#failing(error, 'pop'),
      pops: pops + 1,
      longestPopMs: Math.max(longestPopMs, tookMs),
    };
  }

  /** What ended since the last call of this. */
  take(): CallFigures {
    const figures = this.#figures;
    this.#figures = NOTHING;
    return figures;
  }

  #failing(error: unknown, call: string): CallFigures {
    if (error === undefined) return this.#figures;
    const { failed, failures } = this.#figures;
    const words = `${call}: ${error instanceof Error ? error.message : 'for an unknown reason'}`;
    return {
      ...this.#figures,
      failed: failed + 1,
      failures: [...failures, words].slice(0, FAILURES_MAX),
    };
  }
}

/** Several stretches as one. */
export function sumCalls(stretches: readonly CallFigures[]): CallFigures {
  const sum = (of: (figures: CallFigures) => number) =>
    stretches.reduce((total, figures) => total + of(figures), 0);
  return {
    publishes: sum(({ publishes }) => publishes),
    pops: sum(({ pops }) => pops),
    failed: sum(({ failed }) => failed),
    failures: stretches.flatMap(({ failures }) => failures).slice(0, FAILURES_MAX),
    longestPublishMs: Math.max(0, ...stretches.map(({ longestPublishMs }) => longestPublishMs)),
    longestPopMs: Math.max(0, ...stretches.map(({ longestPopMs }) => longestPopMs)),
  };
}
