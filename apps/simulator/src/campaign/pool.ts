import { type ChildProcess, fork } from 'node:child_process';
import type { Portion, WorkerMessage } from './messages.ts';
import type { Tally } from './tally.ts';

/** Little of what a simulated event makes lives long: rare, large collections of what is young cost least. */
const WORKER_FLAGS = [
  '--single-threaded-gc',
  '--min-semi-space-size=32',
  '--max-semi-space-size=64',
];

/** No seed takes so long, on any machine: one that does goes round in circles. */
const SEED_MS_MAX = 180_000;

export interface PoolOptions {
  readonly workers: number;
  /** Default: this one. */
  readonly program?: string;
  /** Arguments that make the program a worker. */
  readonly args: readonly string[];
  /** What a worker does next; `undefined`: nothing any more. */
  readonly next: () => Portion | undefined;
  /** `cpuMs`: what the portion took of one processor. */
  readonly onTally: (tally: Tally, cpuMs: number) => void;
  /** A seed ended without a report: its process died, or was ended because it took too long. */
  readonly onLost: (seed: number, why: string) => void;
}

/** Processes that work through seeds, each in portions. One that dies is replaced, and the seed that it ran is named. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #children = new Set<ChildProcess>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Resolves when there is nothing to do any more and all workers have ended. */
  async run(): Promise<void> {
    const { workers } = this.#options;
    await Promise.all(Array.from({ length: workers }, async () => this.#keepOne()));
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #keepOne(): Promise<void> {
    let left: Portion | undefined;
    for (;;) {
      const portion = left ?? this.#options.next();
      if (portion === undefined) return;
      left = await this.#work(portion);
    }
  }

  /** One process, until nothing is left. Resolves to what it left behind when it died. */
  #work(first: Portion): Promise<Portion | undefined> {
    const { program = process.argv[1] ?? '', args, next, onTally, onLost } = this.#options;
    const child = fork(program, args, {
      execArgv: WORKER_FLAGS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.add(child);
    let portion: Portion | undefined = first;
    let seed = first.from;
    let why: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        why = `no end within ${SEED_MS_MAX / 1_000} s`;
        child.kill('SIGKILL');
      }, SEED_MS_MAX);
    };
    child.on('message', (told) => {
      const message = told as WorkerMessage;
      if (message.kind === 'began') {
        ({ seed } = message);
        return watch();
      }
      onTally(message.tally, message.cpuMs);
      portion = next();
      if (portion !== undefined) return void child.send(portion);
      clearTimeout(timer);
      return child.disconnect();
    });
    child.send(first);
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        this.#children.delete(child);
        if (portion === undefined) return resolve(undefined);
        onLost(seed, why ?? `its process ended (${signal ?? `exit code ${code}`})`);
        const end = portion.from + portion.seeds;
        return resolve(seed + 1 < end ? { from: seed + 1, seeds: end - seed - 1 } : undefined);
      });
    });
  }
}
