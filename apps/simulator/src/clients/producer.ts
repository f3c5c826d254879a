import type { Command, NewMessage, Publish, QueueResult } from '@rrmq/queue';
import { Work, type WorkWorld, requireResult } from './work-client.ts';
import type { WorkTopic, WorkTraits } from './work-topics.ts';

/** A rest after a publish, up to so many ms. */
const REST_MS = 900;

const KEYS = ['red', 'green', 'blue'] as const;
const PRIORITIES = [0, 4, 9] as const;
const BATCH_MAX = 4;
const PADDING_BYTES = 300;

/** The part of the dedup ids that were used before, and how far back. */
const REUSED = 0.15;
const REUSED_BACK_MAX = 12;

/** The part of the publishes that is sent again though it succeeded. */
const DOUBLED = 0.1;

/** How a publish is told from a repetition. `nothing`: it is sent once, whatever comes of it. */
const MANNERS = ['dedup', 'once', 'producer', 'nothing'] as const;

type Manner = (typeof MANNERS)[number];

/** Refusals that a publish may meet: limits, pauses, and a topic that admins delete. */
const REFUSALS = [
  'topic-full',
  'paused',
  'message-too-large',
  'unknown-topic',
  'producer-gap',
  'stale-producer',
] as const;

/** Publishes to topics with leases: with keys, priorities, delays, times to live, dedup ids; repeats what is unknown. */
export class Producer {
  readonly #work: Work;
  /** The next producer step, by topic. */
  readonly #steps = new Map<string, { epoch: number; sequence: number }>();
  #messages = 0;
  #epochs = 0;

  constructor(name: string, world: WorkWorld) {
    this.#work = new Work(name, world);
  }

  get calls(): number {
    return this.#work.calls;
  }

  start(): void {
    const { caller, stopped } = this.#work;
    if (stopped) return;
    this.#work.calls += 1;
    const topic = this.#work.pickTopic();
    const manner = caller.random.pick(MANNERS);
    const publish = this.#publish(topic, manner);
    const command = manner === 'once' ? this.#work.once(publish) : publish;
    if (manner === 'nothing') caller.offer(command, () => this.#rest());
    else this.#work.insist(command, (result) => this.#told({ manner, command, publish }, result));
  }

  stop(): void {
    this.#work.stop();
  }

  #told({ manner, command, publish }: Sent, result: QueueResult): void {
    const { caller } = this.#work;
    const { topic } = publish;
    requireResult(`a publish to ${topic}`, result, REFUSALS);
    caller.tell(topic, `publish by ${manner}: ${result.ok ? 'acked' : result.code}`);
    if (manner === 'producer') this.#step(topic, result.ok);
    if (!result.ok || !caller.random.chance(DOUBLED)) return this.#rest();
    return this.#work.insist(command, () => this.#rest());
  }

  #rest(): void {
    this.#work.caller.later(() => this.start(), REST_MS);
  }

  #publish({ name: topic, traits }: WorkTopic, manner: Manner): Publish {
    const { random } = this.#work.caller;
    const count = random.chance(0.6) ? 1 : random.between(2, BATCH_MAX);
    const messages = Array.from({ length: count }, () => this.#message(traits, manner));
    const producer =
      manner === 'producer' ? { id: this.#work.caller.name, ...this.#stepOf(topic) } : undefined;
    return { kind: 'publish', topic, producer, messages };
  }

  #message({ keys, priorities, delays, ttls }: WorkTraits, manner: Manner): NewMessage {
    const { random, name } = this.#work.caller;
    this.#messages += 1;
    const number = this.#messages;
    const padding = '.'.repeat(random.chance(0.3) ? random.between(0, PADDING_BYTES) : 0);
    const isReused = random.chance(REUSED);
    const dedupNumber = isReused ? number - random.between(0, REUSED_BACK_MAX) : number;
    return {
      contentType: 'text/plain',
      body: Buffer.from(`${name}:${number}${padding}`),
      ...(keys && random.chance(0.7) ? { key: random.pick(KEYS) } : {}),
      ...(priorities && random.chance(0.5) ? { priority: random.pick(PRIORITIES) } : {}),
      ...(delays && random.chance(0.3) ? { delayMs: random.between(0, 2_500) } : {}),
      ...(ttls && random.chance(0.3) ? { ttlMs: random.between(1, 6_000) } : {}),
      ...(manner === 'dedup' ? { dedupId: `${name}:${dedupNumber}` } : {}),
    };
  }

  #stepOf(topic: string): { readonly epoch: number; readonly sequence: number } {
    const known = this.#steps.get(topic);
    if (known !== undefined) return known;
    this.#epochs += 1;
    const first = { epoch: this.#epochs, sequence: 1 };
    this.#steps.set(topic, first);
    return first;
  }

  /** After a refusal an earlier attempt may still be on its way: a higher epoch leaves it behind. */
  #step(topic: string, isDone: boolean): void {
    const known = this.#steps.get(topic);
    if (!isDone || known === undefined) this.#steps.delete(topic);
    else this.#steps.set(topic, { ...known, sequence: known.sequence + 1 });
  }
}

interface Sent {
  readonly manner: Manner;
  readonly command: Command;
  readonly publish: Publish;
}
