import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ClusterView,
  type ErrorCode,
  errorCodes,
  formatErrorHeader,
  headers,
  type ProblemCode,
  problemOf,
} from '@rrmq/contract';

/** One request under `/v1`. */
export interface V1Request {
  readonly call: string;
  readonly authorization: string | undefined;
  /** As Latin-1: bytes are characters. */
  readonly body: string;
}

/** A refusal, a backup, or JSON. */
export type V1Answer = ProblemCode | Buffer | { readonly status: number; readonly body: object };

/** A real HTTP server that answers as a node which leads a cluster of one. */
export class SeedNode {
  role: 'Leader' | 'Follower' = 'Leader';
  readonly topics = new Map<string, string[]>();
  /** Refusals of the next calls, one each. */
  readonly refusals: ErrorCode[] = [];
  /** Requests under `/v1`, but looks at the cluster. */
  readonly v1Requests: V1Request[] = [];
  /** Answers them. */
  v1: (request: V1Request) => V1Answer = () => 'unknown-path';
  /** What differs in this node's view of the cluster. */
  view: Partial<ClusterView> = {};
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
    const call = `${request.method} ${request.url}`;
    if (call === 'GET /v1/cluster') return reply(response, this.clusterView());
    if (request.url?.startsWith('/v1/') === true) {
      const { authorization } = request.headers;
      return this.#serveV1(
        { call, authorization, body: Buffer.concat(chunks).toString('latin1') },
        response,
      );
    }
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Body;
    if (call === 'GET /status') return reply(response, { role: this.role, term: 3 });
    this.beforeAnswer();
    const refusal = this.refusals.shift();
    const answer = refusal ?? this.#answer(call, body);
    if (typeof answer === 'object') return reply(response, answer);
    response.setHeader(headers.error, formatErrorHeader(answer, `scripted ${answer}`));
    response.statusCode = errorCodes[answer].status;
    reply(response, { success: false });
  }

  /** A cluster of this node alone, its id 7. */
  clusterView(): ClusterView {
    const leads = this.role === 'Leader';
    const address = { ip: '127.0.0.1', port: Number(new URL(this.url).port), internalPort: 1 };
    return {
      clusterId: 'c0ffee',
      clusterEpoch: 1,
      node: 7,
      role: leads ? 'leader' : 'follower',
      term: 3,
      leader: leads ? 7 : null,
      ready: leads,
      members: [{ id: 7, url: this.url, address, role: 'voter', isLeader: leads }],
      isSettled: true,
      indexes: { committed: 9, applied: 9, last: 9, durable: 9, compacted: 0, flushed: 5 },
      disk: { freeBytes: null, logBytes: 1, dirtyBytes: 0 },
      syncMs: 0.5,
      ...this.view,
    };
  }

  #serveV1(request: V1Request, response: http.ServerResponse): void {
    this.v1Requests.push(request);
    const answer = this.v1(request);
    if (Buffer.isBuffer(answer)) {
      response.end(answer);
      return;
    }
    const { status, body } =
      typeof answer === 'object'
        ? answer
        : { status: problemOf(answer, '').status, body: problemOf(answer, `scripted ${answer}`) };
    response.statusCode = status;
    reply(response, body);
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
