import { describe } from '@jest/globals';
import {
  type Command,
  type Delivery,
  type NewMessage,
  type PeekedMessage,
  type QueueResult,
  type Receive,
  type Settled,
  type Settlement,
  type TopicLimits,
  type TopicSettings,
  type TopicStats,
  defaultTopicSettings,
} from '@rrmq/queue';
import assert from 'node:assert/strict';
import { type Target, targets } from '../target.ts';

/** Changes to the default settings. */
export type Settings = Partial<Omit<TopicSettings, 'limits'>> & {
  readonly limits?: Partial<TopicLimits>;
};

/** A message with a text as its body; or the text alone. */
export type Text = string | (Omit<NewMessage, 'body' | 'contentType'> & { readonly text: string });

export const SECRET = Buffer.from('the secret is 16');

export const settingsWith = ({ limits, ...others }: Settings = {}): TopicSettings => ({
  ...defaultTopicSettings,
  ...others,
  limits: { ...defaultTopicSettings.limits, ...limits },
});

/** Plays commands on a topic `t` unless another one is named, at a time that only `pass` moves. */
export class Script {
  readonly #target: Target;
  /** The last delivery of each text. */
  readonly #deliveries = new Map<string, Delivery>();
  at = 1_000_000;

  constructor(target: Target) {
    this.#target = target;
  }

  run(command: Command): QueueResult {
    return this.#target.run(command, this.at);
  }

  create(topic: string, settings?: Settings): QueueResult {
    return this.run({ kind: 'create-topic', topic, settings: settingsWith(settings) });
  }

  update(settings: Settings, topic = 't'): QueueResult {
    return this.run({ kind: 'update-topic', topic, settings: settingsWith(settings) });
  }

  publish(...texts: readonly Text[]): QueueResult {
    return this.publishTo('t', ...texts);
  }

  publishTo(topic: string, ...texts: readonly Text[]): QueueResult {
    return this.run(publishOf(topic, texts));
  }

  /** The texts received. */
  receive(max = 1, more: Partial<Receive> = {}): string[] {
    const result = this.run({ ...receiveOf(max), ...more });
    assert(result.ok && result.kind === 'received');
    for (const delivery of result.deliveries) this.#deliveries.set(textOf(delivery), delivery);
    return result.deliveries.map((delivery) => textOf(delivery));
  }

  /** The text, or why there was none. */
  pop(): string {
    const result = this.run({ kind: 'pop', topic: 't' });
    if (!result.ok) return result.code;
    assert(result.kind === 'popped');
    return textOf(result);
  }

  /** The last delivery of a text. */
  delivery(text: string): Delivery {
    const delivery = this.#deliveries.get(text);
    assert(delivery !== undefined, `${text} was delivered`);
    return delivery;
  }

  ack(text: string): Settled {
    return this.settle({ action: 'ack', token: this.delivery(text).token });
  }

  nack(text: string, more: { delayMs?: number; reason?: string } = {}): Settled {
    return this.settle({ action: 'nack', token: this.delivery(text).token, ...more });
  }

  release(text: string): Settled {
    return this.settle({ action: 'release', token: this.delivery(text).token });
  }

  reject(text: string, more: { reason?: string } = {}): Settled {
    return this.settle({ action: 'reject', token: this.delivery(text).token, ...more });
  }

  extend(text: string, more: { leaseMs?: number } = {}): Settled {
    return this.settle({ action: 'extend', token: this.delivery(text).token, ...more });
  }

  settle(settlement: Settlement, topic = 't'): Settled {
    const result = this.run({ kind: 'settle', topic, settle: [settlement] });
    assert(result.ok && result.kind === 'settled');
    const [settled] = result.settled;
    assert(settled !== undefined);
    return settled;
  }

  pass(ms: number): this {
    this.at += ms;
    return this;
  }

  /** How many steps it took. */
  advance(): number {
    const result = this.run({ kind: 'advance' });
    assert(result.ok && result.kind === 'advanced');
    return result.steps;
  }

  /** A new leader, after a time without one. */
  gap(gapMs: number): void {
    this.at += gapMs;
    this.#target.termStart(this.at, gapMs);
  }

  /** What the topic holds: the state of each text. */
  states(topic = 't'): Record<string, string> {
    return Object.fromEntries(
      this.messages(topic).map(({ message, state }) => [textOf({ message }), state]),
    );
  }

  messages(topic = 't'): PeekedMessage[] {
    return this.#target.messages(topic);
  }

  message(text: string, topic = 't'): PeekedMessage {
    const found = this.messages(topic).find((each) => textOf(each) === text);
    assert(found !== undefined, `${text} is there`);
    return found;
  }

  stats(topic = 't'): TopicStats {
    const stats = this.#target.stats(topic);
    assert(stats !== undefined);
    return stats;
  }

  available(topic = 't'): number {
    return this.#target.available(topic);
  }

  nextDue(): number | undefined {
    return this.#target.nextDue();
  }

  topics(): string[] {
    return this.#target.topics();
  }

  get hasSecret(): boolean {
    return this.#target.hasSecret;
  }

  /** Makes dead letters of texts that are published for it. */
  bury(...texts: readonly Text[]): void {
    this.publish(...texts);
    for (const text of this.receive(texts.length)) this.reject(text);
  }
}

const textOf = ({ message }: { readonly message: { readonly body: Buffer } }): string =>
  message.body.toString();

export const receiveOf = (max = 1): Receive => ({
  kind: 'receive',
  topic: 't',
  max,
  settle: [],
  secret: SECRET,
});

export const publishOf = (topic: string, texts: readonly Text[]) => ({
  kind: 'publish' as const,
  topic,
  producer: undefined,
  messages: texts.map((text): NewMessage => {
    if (typeof text === 'string') return { contentType: 'text/plain', body: text };
    const { text: body, ...others } = text;
    return { contentType: 'text/plain', body, ...others };
  }),
});

/** Begins a script on an empty topic `t`. */
export type Start = (settings?: Settings) => Promise<Script>;

/** Tests of a part of the rules, on each target. */
export function describeRules(part: string, tests: (start: Start) => void): void {
  describe.each(targets)(`${part}, $name`, ({ open }) => {
    tests(async (settings) => {
      const script = new Script(await open());
      script.create('t', settings);
      return script;
    });
  });
}
