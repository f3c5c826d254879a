import type { DeliveryBody, PeekedBody, PublishedBody, SettledBody } from '@rrmq/contract';
import {
  messagePageSchema,
  peekedSchema,
  publishedSchema,
  receivedSchema,
  settledSchema,
} from '@rrmq/contract';
import { type Answer, type NodeUnderTest, startNode } from './node-under-test.ts';

export const json = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

/** Status and problem code. */
export async function refusal(answer: Promise<Answer>): Promise<[number, unknown]> {
  const { status, text } = await answer;
  return [status, json(text)['code']];
}

/** What a receive gave. */
export interface Received {
  readonly settled: SettledBody['settled'];
  readonly messages: readonly DeliveryBody[];
}

/** Calls on one topic of a node, which must succeed. */
export class TopicCalls implements AsyncDisposable {
  readonly node: NodeUnderTest;
  readonly #path: string;

  constructor(node: NodeUnderTest, topic: string) {
    this.node = node;
    this.#path = `/v1/topics/${encodeURIComponent(topic)}`;
  }

  /** A node with the topic `orders`, of these settings. */
  static async start(settings: object = {}, limits: object = {}): Promise<TopicCalls> {
    const calls = new TopicCalls(await startNode(limits), 'orders');
    await calls.node.call('PUT', '/v1/topics/orders', settings);
    calls.node.group.batches.length = 0;
    return calls;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]();
  }

  /** Kinds of the commands that were executed since the last time, one list for each batch. */
  batches(): string[][] {
    const { batches } = this.node.group;
    return batches.splice(0).map((batch) => batch.map(({ kind }) => kind));
  }

  post(what: string, body: unknown = {}, head: object = {}): Promise<Answer> {
    return this.node.call('POST', `${this.#path}/${what}`, body, head);
  }

  get(what: string): Promise<Answer> {
    return this.node.call('GET', `${this.#path}/${what}`);
  }

  async publish(body: object, head: object = {}): Promise<PublishedBody['messages']> {
    return publishedSchema.parse(json((await this.post('messages', body, head)).text)).messages;
  }

  async receive(body: object = {}, head: object = {}): Promise<Received> {
    const { text } = await this.post('receive', { waitMs: 0, max: 100, ...body }, head);
    return receivedSchema.parse(json(text));
  }

  async settle(body: object, what = 'settle'): Promise<SettledBody['settled']> {
    return settledSchema.parse(json((await this.post(what, body)).text)).settled;
  }

  /** Publishes each value, leases all and returns the tokens. */
  async lease(...values: unknown[]): Promise<string[]> {
    await this.publish({ messages: values.map((body) => ({ body })) });
    return (await this.receive()).messages.map(({ token }) => token);
  }

  async peek(query: string): Promise<{ messages: PeekedBody[]; nextCursor: string | null }> {
    return messagePageSchema.parse(json((await this.get(`messages?${query}`)).text));
  }

  async message(id: string): Promise<PeekedBody> {
    return peekedSchema.parse(json((await this.get(`messages/${id}`)).text));
  }
}
