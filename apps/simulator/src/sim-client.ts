import type { Outcome } from '@rrmq/raft';
import type { SimBoot, SimCluster, SimRandom } from '@rrmq/raft/testing';
import { type Command, type QueueMachine, type QueueResult, encodeCommand } from '@rrmq/queue';
import { AccountWrong } from './account-wrong.ts';
import type { History, OpenPop } from './history.ts';
import { EMPTY } from './linearizability/fifo-history.ts';
import type { SimReads } from './sim-reads.ts';
import type { Log } from './timeline/moment.ts';

export type Cluster = SimCluster<QueueResult, QueueMachine>;
export type Boot = SimBoot<QueueResult, QueueMachine>;

/** How long a client waits for an answer before it calls the outcome unknown. */
export const PATIENCE_MS = 750;

/** A rest after a call, and a shorter one after a refusal, up to so many ms. */
const REST_MS = 600;
const RETRY_MS = 150;

/** Shares of the calls; the rest are pops. */
const PUBLISHES = 0.43;
const READS = 0.1;
const BATCHES = 0.15;
/** The part of the calls that goes to the topic which is used rarely. */
const RARELY = 0.03;
const BATCH_MAX = 4;

/** What all clients of a run share. */
export interface ClientWorld {
  readonly cluster: Cluster;
  /** The last of them is used rarely: what a flush forgets is not soon made good by the next change. */
  readonly topics: readonly [string, ...string[]];
  readonly history: History;
  readonly reads: SimReads;
  readonly log: Log | undefined;
  /** Messages are made longer by up to so much. */
  readonly paddingBytesMax: number;
}

/**
 * A client that publishes, pops and reads, one call at a time. A publish whose outcome is unknown is repeated with the
 * same producer step until it is known; a pop never is.
 */
export class SimClient {
  /** Calls begun; a repeated publish is one call. */
  calls = 0;
  readonly #world: ClientWorld;
  readonly #random: SimRandom;
  readonly #name: string;
  /** The last step published, by topic. */
  readonly #sequences = new Map<string, number>();
  #stopped = false;

  constructor(name: string, world: ClientWorld) {
    this.#name = name;
    this.#world = world;
    this.#random = world.cluster.random.fork();
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
    const topic = this.#topic();
    const choice = this.#random.next();
    if (choice < PUBLISHES) this.#publish(topic);
    else if (choice < PUBLISHES + READS) this.#read();
    else this.#pop(topic);
  }

  #topic(): string {
    const { topics } = this.#world;
    const rare = topics.at(-1);
    const [first, ...others] = topics.slice(0, -1);
    if (rare === undefined || first === undefined) return topics[0];
    return this.#random.chance(RARELY) ? rare : this.#random.pick([first, ...others]);
  }

  #later(act: () => void, withinMs = RETRY_MS): void {
    this.#world.cluster.world.after(this.#random.next() * withinMs, act);
  }

  #rest(): void {
    this.#later(() => this.#next(), REST_MS);
  }

  #publish(topic: string): void {
    const { history, cluster, paddingBytesMax } = this.#world;
    const padding = '.'.repeat(this.#random.between(0, paddingBytesMax));
    const sequence = (this.#sequences.get(topic) ?? 0) + 1;
    this.#sequences.set(topic, sequence);
    const producer = { id: this.#name, epoch: 1, sequence };
    const count = this.#random.chance(BATCHES) ? this.#random.between(2, BATCH_MAX) : 1;
    const values = Array.from(
      { length: count },
      (_, at) => `${this.#name}:${sequence}${at === 0 ? '' : `.${at}`}${padding}`,
    );
    const messages = values.map((body) => ({ contentType: 'text/plain', body: Buffer.from(body) }));
    const command: Command = { kind: 'publish', topic, producer, messages };
    const publish = history.beginPublish(topic, values, cluster.world.now());
    const attempt = (): void => {
      this.#offer(command, (outcome) => {
        if (outcome.kind !== 'committed') {
          if (!this.#stopped) this.#later(attempt);
          return;
        }
        const { result } = outcome;
        if (!result.ok) throw new AccountWrong(`${producer.id}:${sequence} ended ${result.code}`);
        history.ack(publish, cluster.world.now());
        this.#tell(topic, `publish ${sequence}: acked`);
        this.#rest();
      });
    };
    attempt();
  }

  /** An empty topic is told of as the product does it: without an entry, after a read that a quorum confirmed. */
  #pop(topic: string): void {
    const { history, cluster, reads } = this.#world;
    const pop = history.beginPop(topic, cluster.world.now());
    const propose = (): void =>
      this.#offer({ kind: 'pop', topic }, (outcome) => {
        this.#popped(topic, pop, outcome);
        this.#rest();
      });
    const target = this.#target();
    if (target === undefined || target.machine.depth(topic) > 0) return propose();
    return reads.read(target, (isServed) => {
      if (isServed && target.machine.depth(topic) > 0) return propose();
      if (isServed) history.endPop(pop, EMPTY, cluster.world.now());
      else history.callOff(topic, pop);
      return this.#rest();
    });
  }

  #popped(topic: string, pop: OpenPop, outcome: Outcome<QueueResult>): void {
    const { history, cluster } = this.#world;
    if (outcome.kind !== 'committed') this.#tell(topic, `pop: ${outcome.kind}`);
    if (outcome.kind === 'unknown') return undefined;
    if (outcome.kind === 'refused') return history.callOff(topic, pop);
    const { result } = outcome;
    if (result.ok && result.kind === 'popped') {
      this.#tell(topic, `pop: got ${result.message.sequence}`);
      return history.endPop(pop, result.message.body.toString(), cluster.world.now());
    }
    if (!result.ok && result.code === 'no-message') {
      return history.endPop(pop, EMPTY, cluster.world.now());
    }
    throw new AccountWrong(`a pop of ${topic} ended ${result.ok ? result.kind : result.code}`);
  }

  #tell(topic: string, what: string): void {
    const { log, cluster } = this.#world;
    log?.({ atMs: cluster.world.now(), who: this.#name, what: `${what} (${topic})` });
  }

  #read(): void {
    const target = this.#target();
    if (target === undefined) return this.#rest();
    return this.#world.reads.read(target, () => this.#rest());
  }

  /** Offers to the leader, if one is known, sometimes to anybody. Exactly one outcome comes back. */
  #offer(command: Command, done: (outcome: Outcome<QueueResult>) => void): void {
    const target = this.#target();
    if (target === undefined) {
      this.#later(() => done({ kind: 'refused', reason: 'not-leader' }));
      return;
    }
    let answered = false;
    const answer = (outcome: Outcome<QueueResult>): void => {
      if (answered) return;
      answered = true;
      callOff();
      done(outcome);
    };
    const { world } = this.#world.cluster;
    const callOff = world.after(PATIENCE_MS, () => answer({ kind: 'unknown' }));
    // A paused process takes the request from its socket when it goes on.
    target.process.run(() => target.node.propose(encodeCommand(command), answer));
  }

  #target(): Boot | undefined {
    const { running } = this.#world.cluster;
    const [first, ...others] = running;
    if (first === undefined) return undefined;
    const anybody = this.#random.pick([first, ...others]);
    if (this.#random.chance(0.1)) return anybody;
    // Clients cannot tell a leader from one that does not know yet that it was deposed.
    const [leader, ...deposed] = running.filter(({ core }) => core.role === 'leader');
    return leader === undefined ? anybody : this.#random.pick([leader, ...deposed]);
  }
}
