import { type Bytes, type NewMessage, type Settlement, encodeCommand } from '@rrmq/queue';

/** What the messages of a topic have. */
export const TRAFFIC_KINDS = ['plain', 'keyed', 'dedup'] as const;
export type TrafficKind = (typeof TRAFFIC_KINDS)[number];

const TOPIC = 'bench';

/** So many messages of a key are there on average, and so many keys at least: a receive finds enough of them. */
const MESSAGES_PER_KEY = 10;
const KEYS_MIN = 2000;

/** Makes the commands of one kind of traffic. */
export class TrafficCommands {
  readonly #kind: TrafficKind;
  readonly #body: Bytes;
  readonly #keys: number;
  #made = 0;

  constructor(kind: TrafficKind, { backlog, bodyBytes }: { backlog: number; bodyBytes: number }) {
    this.#kind = kind;
    this.#body = Buffer.alloc(bodyBytes, 'm');
    this.#keys = Math.max(KEYS_MIN, Math.ceil(backlog / MESSAGES_PER_KEY));
  }

  createTopic(): Buffer {
    return encodeCommand({ kind: 'create-topic', topic: TOPIC });
  }

  publish(count: number): Buffer {
    const messages = Array.from({ length: count }, () => this.#newMessage());
    return encodeCommand({ kind: 'publish', topic: TOPIC, producer: undefined, messages });
  }

  receive(max: number, acked: readonly Uint8Array[]): Buffer {
    const settle = acked.map(ackOf);
    return encodeCommand({ kind: 'receive', topic: TOPIC, max, settle, secret: SECRET });
  }

  settle(acked: readonly Uint8Array[]): Buffer {
    return encodeCommand({ kind: 'settle', topic: TOPIC, settle: acked.map(ackOf) });
  }

  pop(): Buffer {
    return encodeCommand({ kind: 'pop', topic: TOPIC });
  }

  #newMessage(): NewMessage {
    this.#made += 1;
    const contentType = 'text/plain';
    const body = this.#body;
    switch (this.#kind) {
      case 'plain':
        return { contentType, body };
      case 'keyed':
        return { contentType, body, key: `key-${this.#made % this.#keys}` };
      case 'dedup':
        return { contentType, body, dedupId: `id-${this.#made}` };
      default:
        return this.#kind satisfies never;
    }
  }
}

const SECRET = Buffer.alloc(16, 7);

const ackOf = (token: Uint8Array): Settlement => ({ action: 'ack', token });
