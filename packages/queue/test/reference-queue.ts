import type { Message, Publish, QueueResult } from '@rrmq/queue';
import type { TopicCommand } from './commands.ts';

interface KnownProducer {
  epoch: number;
  answers: { firstSequence: number; count: number }[];
}

/** What the queue should do, written as plainly as can be; nothing is ever forgotten. */
export class ReferenceQueue {
  readonly #names: string[] = [];
  readonly #published: Message[][] = [];
  readonly #popped: number[] = [];
  readonly #producers: Record<string, KnownProducer> = {};

  run(command: TopicCommand, at: number): QueueResult {
    const place = this.#names.indexOf(command.topic);
    if (command.kind === 'create-topic') return this.#create(command.topic, place);
    if (place === -1) return { ok: false, code: 'unknown-topic' };
    return command.kind === 'pop' ? this.#pop(place) : this.#publish(command, place, at);
  }

  topics(): string[] {
    return [...this.#names];
  }

  depth(name: string): number {
    const place = this.#names.indexOf(name);
    return (this.#published[place]?.length ?? 0) - (this.#popped[place] ?? 0);
  }

  #create(name: string, place: number): QueueResult {
    if (place !== -1) return { ok: false, code: 'topic-exists' };
    this.#names.push(name);
    this.#published.push([]);
    this.#popped.push(0);
    return { ok: true, kind: 'topic-created', topicNumber: this.#names.length };
  }

  #pop(place: number): QueueResult {
    const message = this.#published[place]?.[this.#popped[place] ?? 0];
    if (message === undefined) return { ok: false, code: 'no-message' };
    this.#popped[place] = (this.#popped[place] ?? 0) + 1;
    return { ok: true, kind: 'popped', topicNumber: place + 1, message };
  }

  #publish({ producer, messages }: Publish, place: number, at: number): QueueResult {
    const all = this.#published[place] ?? [];
    const answer = { firstSequence: all.length + 1, count: messages.length };
    const plain = { key: undefined, priority: 4, attributes: [], expiresAt: undefined };
    const topicNumber = place + 1;
    const published = { ok: true, kind: 'published', topicNumber, repeated: [] } as const;
    if (producer !== undefined) {
      const key = `${place}/${producer.id}`;
      const known = this.#producers[key];
      if (known === undefined || producer.epoch > known.epoch) {
        if (producer.sequence !== 1) return { ok: false, code: 'producer-gap' };
        this.#producers[key] = { epoch: producer.epoch, answers: [answer] };
      } else {
        if (producer.epoch < known.epoch) return { ok: false, code: 'stale-producer' };
        const before = known.answers[producer.sequence - 1];
        if (before !== undefined) return { ...published, ...before, duplicate: true };
        if (producer.sequence !== known.answers.length + 1) {
          return { ok: false, code: 'producer-gap' };
        }
        known.answers.push(answer);
      }
    }
    for (const { contentType, body } of messages) {
      const sequence = all.length + 1;
      const content = { contentType, body: Buffer.from(body), publishedAt: at };
      all.push({ sequence, ...content, ...plain, dedupId: undefined });
    }
    return { ...published, ...answer, duplicate: false };
  }
}
