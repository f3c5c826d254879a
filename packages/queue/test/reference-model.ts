import {
  type Command,
  type CreateTopic,
  type DeleteTopic,
  type Once,
  PRODUCERS_MAX,
  type PauseTopic,
  type PeekedMessage,
  type PlainCommand,
  type QueueResult,
  REQUESTS_MAX,
  REQUEST_MS,
  type TopicStats,
  type TopicVersion,
  type UpdateTopic,
  defaultTopicSettings,
  encodeCommand,
} from '@rrmq/queue';
import { isDeepStrictEqual } from 'node:util';
import { advance, dueTimes, nextDue } from './reference/advance.ts';
import { purge, redrive } from './reference/ongoing.ts';
import { publish } from './reference/publishing.ts';
import { pop, receive } from './reference/receiving.ts';
import { settle } from './reference/settling.ts';
import { type ReferenceState, refused } from './reference/state.ts';
import { ReferenceTopic } from './reference/topic.ts';

/** What the queue should do, by `docs/SEMANTICS.md`, written as plainly as can be. It restores no backups. */
export class ReferenceModel {
  readonly #state: ReferenceState;

  constructor({ producersMax = PRODUCERS_MAX }: { producersMax?: number } = {}) {
    this.#state = {
      at: 0,
      gaps: 0,
      topicsCreated: 0,
      topics: [],
      producers: [],
      producersMax,
      requests: [],
      secret: undefined,
      leftovers: [],
    };
  }

  run(command: Command, at: number): QueueResult {
    this.#state.at = at;
    switch (command.kind) {
      case 'compare-states':
        return { ok: true, kind: 'states-compared' };
      case 'restore-begin':
      case 'restore-chunk':
      case 'restore-end':
        throw new Error('the model restores no backups');
      case 'once':
        return this.#once(command);
      default:
        return this.#execute(command);
    }
  }

  termStart(at: number, gapMs: number): void {
    this.#state.at = at;
    this.#state.gaps += gapMs;
  }

  topics(): string[] {
    return this.#state.topics.map(({ name }) => name);
  }

  stats(topic: string): TopicStats | undefined {
    return this.#find(topic)?.stats();
  }

  available(topic: string): number {
    return this.#find(topic)?.available() ?? 0;
  }

  nextDue(): number | undefined {
    return nextDue(this.#state);
  }

  get hasSecret(): boolean {
    return this.#state.secret !== undefined;
  }

  /** All that a topic holds, by sequence. */
  messages(topic: string): PeekedMessage[] {
    return this.#find(topic)?.messages(this.#state.gaps) ?? [];
  }

  #find(topic: string): ReferenceTopic | undefined {
    return this.#state.topics.find(({ name }) => name === topic);
  }

  /** Executed once in `REQUEST_MS`; refusals are not remembered. */
  #once({ key, command }: Once): QueueResult {
    const { requests, at } = this.#state;
    const text = encodeCommand(command).toString('base64');
    const known = requests.findLast((each) => each.key === key && at < each.at + REQUEST_MS);
    if (known !== undefined) return known.command === text ? known.result : refused('key-reused');
    const result = this.#execute(command);
    if (!result.ok) return result;
    this.#state.requests = [...this.#state.requests, { key, command: text, result, at }].slice(
      -REQUESTS_MAX,
    );
    return result;
  }

  #execute(command: PlainCommand): QueueResult {
    if (command.kind === 'advance') return advance(this.#state);
    if (command.kind === 'create-topic') return this.#create(command);
    const topic = this.#find(command.topic);
    if (topic === undefined) return refused('unknown-topic');
    const state = this.#state;
    switch (command.kind) {
      case 'update-topic':
        return update(topic, command);
      case 'delete-topic':
        return this.#delete(topic, command);
      case 'pause-topic':
        return pause(topic, command);
      case 'publish':
        return publish(state, topic, command);
      case 'pop':
        return pop(state, topic);
      case 'receive':
        return receive(state, topic, command);
      case 'settle': {
        const settled = command.settle.map((settlement) => settle(state, topic, settlement));
        return { ok: true, kind: 'settled', topicNumber: topic.number, settled };
      }
      case 'redrive':
        return redrive(state, topic, command);
      case 'purge':
        return purge(state, topic, command);
      default:
        return command satisfies never;
    }
  }

  #create({ topic: name, settings = defaultTopicSettings }: CreateTopic): QueueResult {
    if (this.#find(name) !== undefined) return refused('topic-exists');
    this.#state.topicsCreated += 1;
    const { topicsCreated: topicNumber } = this.#state;
    this.#state.topics.push(new ReferenceTopic(name, topicNumber, settings));
    return { ok: true, kind: 'topic-created', topicNumber };
  }

  #delete(topic: ReferenceTopic, { expected }: DeleteTopic): QueueResult {
    if (isOther(topic, expected)) return refused('version-mismatch');
    const { number: topicNumber, held } = topic;
    const state = this.#state;
    state.leftovers.push(...dueTimes(state, topic));
    state.topics = state.topics.filter((each) => each !== topic);
    state.producers = state.producers.filter((each) => each.topicNumber !== topicNumber);
    for (const other of state.topics) {
      if (other.redriving?.target === topic) other.redriving = undefined;
    }
    return { ok: true, kind: 'topic-deleted', topicNumber, messages: held.length };
  }
}

function update(topic: ReferenceTopic, { settings, expected }: UpdateTopic): QueueResult {
  if (isOther(topic, expected)) return refused('version-mismatch');
  if (!isDeepStrictEqual(settings, topic.settings)) topic.version += 1;
  topic.settings = settings;
  return { ok: true, kind: 'topic-updated', topicNumber: topic.number, version: topic.version };
}

function pause(topic: ReferenceTopic, { publishing, receiving }: PauseTopic): QueueResult {
  topic.paused = { publishing, receiving };
  return { ok: true, kind: 'topic-paused', topicNumber: topic.number };
}

const isOther = (topic: ReferenceTopic, expected: TopicVersion | undefined): boolean =>
  expected !== undefined &&
  (expected.number !== topic.number || expected.version !== topic.version);
