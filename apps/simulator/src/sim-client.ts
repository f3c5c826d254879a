import type { Outcome } from '@rrmq/raft';
import type { SimBoot, SimCluster, SimRandom } from '@rrmq/raft/testing';
import { type Command, type QueueMachine, type QueueResult, encodeCommand } from '@rrmq/queue';
import type { History } from './history.ts';

export type Cluster = SimCluster<QueueResult, QueueMachine>;
type Boot = SimBoot<QueueResult, QueueMachine>;

export const TOPIC = 'orders';

/** How long a client waits for an answer before it calls the outcome unknown. */
const PATIENCE_MS = 750;

/** A rest after a call, and a shorter one after a refusal, up to so many ms. */
const REST_MS = 900;
const RETRY_MS = 40;

/**
 * A client that publishes and pops, one call at a time. A publish whose outcome is unknown is repeated with the same
 * producer step until it is known; a pop never is.
 */
export class SimClient {
  /** Calls begun; a repeated publish is one call. */
  calls = 0;
  readonly #cluster: Cluster;
  readonly #random: SimRandom;
  readonly #history: History;
  readonly #name: string;
  #sequence = 0;
  #stopped = false;

  constructor(name: string, cluster: Cluster, history: History) {
    this.#name = name;
    this.#cluster = cluster;
    this.#random = cluster.random.fork();
    this.#history = history;
  }

  start(): void {
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
  }

  #next(): void {
    if (this.#stopped) return;
    this.calls += 1;
    if (this.#random.chance(0.6)) this.#publish();
    else this.#pop();
  }

  #later(act: () => void, withinMs = RETRY_MS): void {
    this.#cluster.world.after(this.#random.next() * withinMs, act);
  }

  #rest(): void {
    this.#later(() => this.#next(), REST_MS);
  }

  #publish(): void {
    this.#sequence += 1;
    const producer = { id: this.#name, epoch: 1, sequence: this.#sequence };
    const body = Buffer.from(`${this.#name}:${this.#sequence}`);
    const messages = [{ contentType: 'text/plain', body }];
    const command: Command = { kind: 'publish', topic: TOPIC, producer, messages };
    const attempt = (): void => {
      this.#offer(command, (outcome) => {
        if (outcome.kind === 'committed' && isKnown(outcome.result)) this.#rest();
        else if (!this.#stopped) this.#later(attempt);
      });
    };
    attempt();
  }

  #pop(): void {
    this.#offer({ kind: 'pop', topic: TOPIC }, () => this.#rest());
  }

  /** Offers to the leader, if one is known, sometimes to anybody. Exactly one outcome comes back. */
  #offer(command: Command, done: (outcome: Outcome<QueueResult>) => void): void {
    const target = this.#target();
    if (target === undefined) {
      this.#later(() => done({ kind: 'refused', reason: 'not-leader' }));
      return;
    }
    const call = this.#history.begin(this.#name, command);
    let answered = false;
    const answer = (outcome: Outcome<QueueResult>): void => {
      if (answered) return;
      answered = true;
      callOff();
      this.#history.end(call, outcome);
      done(outcome);
    };
    const callOff = this.#cluster.world.after(PATIENCE_MS, () => answer({ kind: 'unknown' }));
    // A paused process takes the request from its socket when it goes on.
    target.process.run(() => target.node.propose(encodeCommand(command), answer));
  }

  #target(): Boot | undefined {
    const { running } = this.#cluster;
    const [first, ...others] = running;
    if (first === undefined) return undefined;
    const anybody = this.#random.pick([first, ...others]);
    if (this.#random.chance(0.1)) return anybody;
    return running.find(({ core }) => core.role === 'leader') ?? anybody;
  }
}

/** Whether the answer tells what became of a publish: it was added, now or before. */
function isKnown(result: QueueResult): boolean {
  return result.ok;
}
