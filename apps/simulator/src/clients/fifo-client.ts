import type { Outcome } from '@rrmq/raft';
import type { Command, QueueResult } from '@rrmq/queue';
import { AccountWrong } from '../account-wrong.ts';
import type { History, OpenPop } from '../history.ts';
import { EMPTY } from '../linearizability/fifo-history.ts';
import { Caller, type CallerWorld } from './caller.ts';
import type { Reads } from './reads.ts';

/** A rest after a call, up to so many ms. */
const REST_MS = 600;

/** Shares of the calls; the rest are pops. */
const PUBLISHES = 0.43;
const READS = 0.1;
const BATCHES = 0.15;
/** The part of the calls that goes to the topic which is used rarely. */
const RARELY = 0.03;
const BATCH_MAX = 4;

/** What all of these clients share. */
export interface FifoWorld extends CallerWorld {
  /** The last of them is used rarely: what a flush forgets is not soon made good by the next change. */
  readonly topics: readonly [string, ...string[]];
  readonly history: History;
  readonly reads: Reads;
  /** Messages are made longer by up to so much. */
  readonly paddingBytesMax: number;
}

/**
 * A client that publishes, pops and reads, one call at a time. A publish whose outcome is unknown is repeated with the
 * same producer step until it is known; a pop never is.
 */
export class FifoClient {
  /** Calls begun; a repeated publish is one call. */
  calls = 0;
  readonly #world: FifoWorld;
  readonly #caller: Caller;
  /** The last step published, by topic. */
  readonly #sequences = new Map<string, number>();
  #stopped = false;

  constructor(name: string, world: FifoWorld) {
    this.#world = world;
    this.#caller = new Caller(name, world);
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
    const choice = this.#caller.random.next();
    if (choice < PUBLISHES) this.#publish(topic);
    else if (choice < PUBLISHES + READS) this.#read();
    else this.#pop(topic);
  }

  #topic(): string {
    const { topics } = this.#world;
    const rare = topics.at(-1);
    const [first, ...others] = topics.slice(0, -1);
    if (rare === undefined || first === undefined) return topics[0];
    return this.#caller.random.chance(RARELY) ? rare : this.#caller.random.pick([first, ...others]);
  }

  #rest(): void {
    this.#caller.later(() => this.#next(), REST_MS);
  }

  #publish(topic: string): void {
    const { history, cluster, paddingBytesMax } = this.#world;
    const padding = '.'.repeat(this.#caller.random.between(0, paddingBytesMax));
    const sequence = (this.#sequences.get(topic) ?? 0) + 1;
    this.#sequences.set(topic, sequence);
    const producer = { id: this.#caller.name, epoch: 1, sequence };
    const count = this.#caller.random.chance(BATCHES)
      ? this.#caller.random.between(2, BATCH_MAX)
      : 1;
    const values = Array.from(
      { length: count },
      (_, at) => `${this.#caller.name}:${sequence}${at === 0 ? '' : `.${at}`}${padding}`,
    );
    const messages = values.map((body) => ({ contentType: 'text/plain', body: Buffer.from(body) }));
    const command: Command = { kind: 'publish', topic, producer, messages };
    const publish = history.beginPublish(topic, values, cluster.world.now());
    const attempt = (): void => {
      this.#caller.offer(command, (outcome) => {
        if (outcome.kind !== 'committed') {
          if (!this.#stopped) this.#caller.later(attempt);
          return;
        }
        const { result } = outcome;
        if (!result.ok) throw new AccountWrong(`${producer.id}:${sequence} ended ${result.code}`);
        history.ack(publish, cluster.world.now());
        this.#caller.tell(topic, `publish ${sequence}: acked`);
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
      this.#caller.offer({ kind: 'pop', topic }, (outcome) => {
        this.#popped(topic, pop, outcome);
        this.#rest();
      });
    const target = this.#caller.target();
    if (target === undefined || target.machine.available(topic) > 0) return propose();
    return reads.read(target, (isServed) => {
      if (isServed && target.machine.available(topic) > 0) return propose();
      if (isServed) history.endPop(pop, EMPTY, cluster.world.now());
      else history.callOff(topic, pop);
      return this.#rest();
    });
  }

  #popped(topic: string, pop: OpenPop, outcome: Outcome<QueueResult>): void {
    const { history, cluster } = this.#world;
    if (outcome.kind !== 'committed') this.#caller.tell(topic, `pop: ${outcome.kind}`);
    if (outcome.kind === 'unknown') return undefined;
    if (outcome.kind === 'refused') return history.callOff(topic, pop);
    const { result } = outcome;
    if (result.ok && result.kind === 'popped') {
      this.#caller.tell(topic, `pop: got ${result.message.sequence}`);
      return history.endPop(pop, result.message.body.toString(), cluster.world.now());
    }
    if (!result.ok && result.code === 'no-message') {
      return history.endPop(pop, EMPTY, cluster.world.now());
    }
    throw new AccountWrong(`a pop of ${topic} ended ${result.ok ? result.kind : result.code}`);
  }

  #read(): void {
    const target = this.#caller.target();
    if (target === undefined) return this.#rest();
    return this.#world.reads.read(target, () => this.#rest());
  }
}
