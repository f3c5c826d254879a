/** How long one resource may take to be released before the next one's turn comes, in ms. */
const RELEASE_MS_MAX = 10_000;

/** What must be gone when the run is over, however it ends: child processes, temporary folders. */
export class Resources {
  readonly #releases: (() => Promise<void> | void)[] = [];
  #released: Promise<void> | undefined;

  /** Has `release` called once at the end of the run, in the reverse order of these calls. */
  defer(release: () => Promise<void> | void): void {
    this.#releases.push(release);
  }

  /** Releases everything; a failure is told and hinders nothing else. Later calls wait for the first. */
  async release(): Promise<void> {
    this.#released ??= this.#releaseAll();
    await this.#released;
  }

  async #releaseAll(): Promise<void> {
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) {
      await settleWithin(RELEASE_MS_MAX, release);
    }
  }
}

async function settleWithin(ms: number, release: () => Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([release(), late]);
  } catch (error) {
    console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Each with the exit code that shells give it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs a benchmark, releases its resources, also after Ctrl-C, and ends the process with its exit code; 1 when it
 * threw.
 */
export async function runToTheEnd(work: (resources: Resources) => Promise<number>): Promise<never> {
  const resources = new Resources();
  let interruptedBy: keyof typeof EXIT_CODES | undefined;
  const onSignal = (signal: keyof typeof EXIT_CODES) => {
    if (interruptedBy !== undefined) return;
    interruptedBy = signal;
    console.error(`\n${signal}: cleaning up`);
    void resources.release().then(() => process.exit(EXIT_CODES[signal]));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

  const exitCode = await work(resources).catch((error: unknown) => {
    // What a killed child causes after Ctrl-C is no news.
    if (interruptedBy === undefined) console.error(describe(error));
    return 1;
  });
  await resources.release();
  return process.exit(interruptedBy === undefined ? exitCode : EXIT_CODES[interruptedBy]);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
