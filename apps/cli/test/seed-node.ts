import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ErrorCode, errorCodes, formatErrorHeader, headers } from '@rrmq/contract';

/** A real HTTP server that answers as a node which leads a cluster of one. */
export class SeedNode {
  role: 'Leader' | 'Follower' = 'Leader';
  readonly topics = new Map<string, string[]>();
  /** Refusals of the next calls, one each. */
  readonly refusals: ErrorCode[] = [];
  /** Runs before each call but status is answered. */
  beforeAnswer: () => void = () => undefined;
  readonly #server = http.createServer((request, response) => {
    void this.#serve(request, response);
  });

  static async start(): Promise<SeedNode> {
    const node = new SeedNode();
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Body;
    const call = `${request.method} ${request.url}`;
    if (call === 'GET /status') return reply(response, { role: this.role, term: 3 });
    this.beforeAnswer();
    const refusal = this.refusals.shift();
    const answer = refusal ?? this.#answer(call, body);
    if (typeof answer === 'object') return reply(response, answer);
    response.setHeader(headers.error, formatErrorHeader(answer, `scripted ${answer}`));
    response.statusCode = errorCodes[answer].status;
    reply(response, { success: false });
  }

  #answer(call: string, { topic = '', message = '' }: Body): object | ErrorCode {
    if (call === 'GET /topic') return { success: true, topics: [...this.topics.keys()] };
    if (call === 'PUT /topic') {
      if (this.topics.has(topic)) return 'topic-exists';
      this.topics.set(topic, []);
      return { success: true };
    }
    const name = call === 'PUT /message' ? topic : decodeURIComponent(call.split('/')[2] ?? '');
    const messages = this.topics.get(name);
    if (messages === undefined) return 'unknown-topic';
    if (call === 'PUT /message') {
      messages.push(message);
      return { success: true };
    }
    const popped = messages.shift();
    return popped === undefined ? 'no-message' : { success: true, message: popped };
  }
}

interface Body {
  readonly topic?: string;
  readonly message?: string;
}

function reply(response: http.ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
