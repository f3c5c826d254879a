/** How often it is looked whether the process that started us is still there. */
const PARENT_CHECK_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Somebody wants this process to end: by a signal, or by having gone away (npm, killed, leaves what it started to init
 * without a word).
 */
export class EndRequest {
  /** Resolves to the reason. */
  readonly requested: Promise<string>;
  #resolve: (reason: string) => void = () => undefined;
  #impatient: () => void = () => undefined;
  #isRequested = false;

  constructor() {
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, () => this.#ask(signal));
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      this.#ask('the process that started it is gone');
    }, PARENT_CHECK_MS);
    timer.unref();
  }

  /** What to do when a second signal comes. */
  onImpatience(act: () => void): void {
    this.#impatient = act;
  }

  #ask(reason: string): void {
    if (this.#isRequested) this.#impatient();
    this.#isRequested = true;
    this.#resolve(reason);
  }
}
