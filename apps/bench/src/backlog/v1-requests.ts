/** Requests of `/v1` as bytes, and what is read of the replies. */

/** `PUT /v1/topics/<topic>` */
export function encodeCreateTopic(topic: string): Buffer {
  return encode('PUT', `/v1/topics/${topic}`, {});
}

/** `GET /v1/topics/<topic>` */
export function encodeGetTopic(topic: string): Buffer {
  return Buffer.from(`GET /v1/topics/${topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** `POST /v1/topics/<topic>/messages`: so many messages, each of whose content has so many bytes, its quotes included. */
export function encodePublishMany(topic: string, count: number, messageBytes: number): Buffer {
  const body = 'm'.repeat(Math.max(messageBytes - 2, 0));
  const messages = Array.from({ length: count }, () => ({ body }));
  return encode('POST', `/v1/topics/${topic}/messages`, { messages });
}

/** `POST /v1/topics/<topic>/receive`: acks these, and does not wait. */
export function encodeReceive(topic: string, max: number, acked: readonly string[]): Buffer {
  return encode('POST', `/v1/topics/${topic}/receive`, { max, waitMs: 0, settle: { ack: acked } });
}

/** `POST /v1/topics/<topic>/ack` */
export function encodeAck(topic: string, tokens: readonly string[]): Buffer {
  return encode('POST', `/v1/topics/${topic}/ack`, { tokens });
}

/** The lease tokens of a reply to a receive. */
export function tokensIn(body: string): string[] {
  const { messages } = JSON.parse(body) as { messages: readonly { token: string }[] };
  return messages.map(({ token }) => token);
}

/** The messages that are ready, by a reply that shows a topic. */
export function readyIn(body: string): number {
  const { stats } = JSON.parse(body) as { stats: { ready: number } };
  return stats.ready;
}

function encode(method: string, path: string, content: object): Buffer {
  const body = JSON.stringify(content);
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json`;
  return Buffer.from(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
