import type { DeliveryBody, PeekedBody } from '@rrmq/contract';
import { type Delivery, type Message, type PeekedMessage, messageId } from '@rrmq/queue';

const JSON_TYPE = 'application/json';

/** From here on it is cheaper to copy bytes than to make a string of them. */
const LARGE_BYTES = 4096;

/** What of a message is no content. */
type Head<Body> = Omit<Body, 'body' | 'bodyBase64'>;

/** JSON text in pieces: contents are sent as they are, JSON among JSON, not parsed and written again. */
export class JsonText {
  readonly #parts: Buffer[] = [];
  #text = '';

  add(text: string): this {
    this.#text += text;
    return this;
  }

  /** A message: its fields, and its content between them. */
  addMessage({ contentType, body }: Message, head: object): this {
    const fields = JSON.stringify(head).slice(0, -1);
    if (contentType !== JSON_TYPE) {
      return this.add(`${fields},"bodyBase64":"${body.toString('base64')}"}`);
    }
    this.add(`${fields},"body":`);
    if (body.length < LARGE_BYTES) return this.add(`${body.toString()}}`);
    this.#parts.push(Buffer.from(this.#text), body);
    this.#text = '}';
    return this;
  }

  finish(): Buffer | string {
    if (this.#parts.length === 0) return this.#text;
    return Buffer.concat([...this.#parts, Buffer.from(this.#text)]);
  }
}

/** A delivery without the content of its message. */
export function deliveryHead(topicNumber: number, delivery: Delivery): Head<DeliveryBody> {
  const { message, token, deliveries, failures, leaseExpiresAt } = delivery;
  return {
    ...messageHead(topicNumber, message),
    token: token.toString('base64url'),
    deliveries,
    failures,
    leaseExpiresAt: timeText(leaseExpiresAt),
  };
}

/** A message that was looked at, without its content. */
export function peekedHead(topicNumber: number, peeked: PeekedMessage): Head<PeekedBody> {
  const { message, state, deliveries, failures, history, until, death } = peeked;
  return {
    ...messageHead(topicNumber, message),
    state,
    deliveries,
    failures,
    history: history.map(({ at, kind, reason }) => ({ at: timeText(at), kind, reason })),
    ...(until === undefined ? {} : { until: timeText(until) }),
    ...(death === undefined ? {} : { death: { ...death, at: timeText(death.at) } }),
  };
}

export const timeText = (ms: number): string => new Date(ms).toISOString();

function messageHead(topicNumber: number, message: Message) {
  const { sequence, contentType, publishedAt, key, priority } = message;
  const { attributes, expiresAt, dedupId } = message;
  return {
    id: messageId(topicNumber, sequence),
    sequence,
    contentType,
    ...(key === undefined ? {} : { key }),
    priority,
    attributes: Object.fromEntries(attributes),
    publishedAt: timeText(publishedAt),
    ...(expiresAt === undefined ? {} : { expiresAt: timeText(expiresAt) }),
    ...(dedupId === undefined ? {} : { dedupId }),
  };
}
