import type { Group, Outcome } from '@rrmq/raft';
import { LatencyBuckets } from './latency-buckets.ts';
import type { ProposalJob } from './raft-job.ts';

/** What is proposed all the time: each proposal that settles is followed by the next one. */
export class ProposalLoop {
  readonly #group: Group<number>;
  readonly #entry: Buffer;
  readonly #latencies = new LatencyBuckets();
  #committed = 0;
  #failed = 0;
  #isOver = false;
  #underWay = 0;
  #settled: () => void = () => undefined;

  constructor(group: Group<number>, { entryBytes }: ProposalJob) {
    this.#group = group;
    this.#entry = Buffer.alloc(entryBytes, 'r');
  }

  get committed(): number {
    return this.#committed;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Of a commit, from the call to the callback, since the last `clear`. */
  latencyMs(percent: number): number {
    return this.#latencies.percentile(percent);
  }

  /** What was measured so far does not count. */
  clear(): void {
    this.#latencies.clear();
    this.#committed = 0;
    this.#failed = 0;
  }

  start(window: number): void {
    for (let slot = 0; slot < window; slot++) new Slot(this).next();
  }

  /** Proposes no more and waits for what is under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#settled = resolve;
    });
  }

  /** The same bytes each time: whoever proposes leaves them alone. */
  offer(done: (outcome: Outcome<number>) => void): boolean {
    if (this.#isOver) return false;
    this.#underWay++;
    this.#group.propose(this.#entry, done);
    return true;
  }

  ended(kind: Outcome<number>['kind'], latencyMs: number): void {
    this.#underWay--;
    if (kind === 'committed') {
      this.#committed++;
      this.#latencies.record(latencyMs);
    } else {
      // The round is spoilt; going on at once would only keep the processor from recovering.
      this.#failed++;
      this.#isOver = true;
    }
    if (this.#isOver && this.#underWay === 0) this.#settled();
  }
}

/** One place in the window. There is one function for all its proposals: a new one for each would be measured too. */
class Slot {
  readonly #loop: ProposalLoop;
  readonly #done = (outcome: Outcome<number>): void => this.#ended(outcome);
  #offeredMs = 0;

  constructor(loop: ProposalLoop) {
    this.#loop = loop;
  }

  next(): void {
    this.#offeredMs = performance.now();
    this.#loop.offer(this.#done);
  }

  #ended({ kind }: Outcome<number>): void {
    this.#loop.ended(kind, performance.now() - this.#offeredMs);
    this.next();
  }
}
