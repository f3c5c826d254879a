import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ErrorCode,
  errorCodes,
  formatErrorHeader,
  headers,
  parseProducerHeaders,
} from '@rrmq/contract';

/** What goes wrong with one call of the leader, before or after it was applied. */
export type Fault =
  | { readonly kind: 'reset' | 'hang' | 'half-reply'; readonly applied: boolean }
  | { readonly kind: 'refuse'; readonly code: ErrorCode; readonly applied: boolean }
  | { readonly kind: 'reply'; readonly status: number; readonly body: string };

/** One call that reached a node. */
export interface SeenCall {
  readonly node: number;
  readonly call: string;
  readonly message: string | undefined;
  readonly producer: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const success: Reply = { status: 200, body: '{"success":true}' };

/**
 * Real HTTP servers that answer as the nodes of one cluster do, from one shared state without Raft, and
 * fail on command. What a client must get right lies between it and these answers.
 */
export class SeedCluster implements AsyncDisposable {
  /** Index of the leader; -1 while there is none. */
  leader = 0;
  term = 1;
  /** A node that was cut off: it still says that it leads, in term 1, and refuses everything. */
  staleLeader = -1;
  /** Whether followers name the leader. */
  hints = true;
  readonly topics = new Map<string, string[]>();
  /** Met by the next calls of the leader, one each, in this order. */
  readonly faults: Fault[] = [];
  readonly seen: SeenCall[] = [];
  /** Calls to the leader that are being answered right now, and the most there were. */
  underWay = 0;
  underWayMax = 0;
  /** Producers by id: what the cluster remembers of them. */
  readonly producers = new Map<string, { epoch: number; sequence: number }>();
  readonly #nodes: http.Server[] = [];
  readonly #ports: number[] = [];

  static async start(size = 3): Promise<SeedCluster> {
    const cluster = new SeedCluster();
    for (let node = 0; node < size; node++) {
      cluster.#nodes.push(await cluster.#listen(node, 0));
      cluster.#ports.push(portOf(cluster.#nodes[node]));
    }
    return cluster;
  }

  get urls(): string[] {
    return this.#ports.map((port) => `http://127.0.0.1:${port}`);
  }

  /** The leader's calls seen so far, in order. */
  get leaderCalls(): SeenCall[] {
    return this.seen.filter(({ call }) => call !== 'GET /status');
  }

  /** Ends a node as SIGKILL does: connections are reset, its port refuses. */
  async kill(node: number): Promise<void> {
    const server = this.#nodes[node];
    if (server?.listening !== true) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async revive(node: number): Promise<void> {
    this.#nodes[node] = await this.#listen(node, this.#ports[node] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((_server, node) => this.kill(node)));
  }

  async #listen(node: number, port: number): Promise<http.Server> {
    const server = http.createServer((request, response) => {
      void this.#serve(node, request, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  async #serve(
    node: number,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined) return;
    const call = `${request.method} ${request.url}`;
    const { message } = (body === '' ? {} : JSON.parse(body)) as { message?: string };
    const producer = describeProducer(request);
    this.seen.push({ node, call, message, producer });
    this.underWayMax = Math.max(this.underWayMax, ++this.underWay);
    response.once('close', () => this.underWay--);
    // One turn later, so that calls sent at once overlap.
    await new Promise((resolve) => setImmediate(resolve));
    this.#answer(node, { request, body, call }, response);
  }

  #answer(
    node: number,
    asked: { request: http.IncomingMessage; body: string; call: string },
    response: http.ServerResponse,
  ): void {
    const { call, request, body } = asked;
    if (call === 'GET /status') return send(response, this.#status(node));
    if (call === 'GET /topic') {
      return send(response, {
        status: 200,
        body: JSON.stringify({ success: true, topics: [...this.topics.keys()] }),
      });
    }
    if (node === this.staleLeader) return send(response, refuse('unconfirmed'));
    if (node !== this.leader) return send(response, this.#notLeader());
    const fault = this.faults.shift();
    const isApplied = fault === undefined || (fault.kind !== 'reply' && fault.applied);
    const reply = isApplied ? this.#apply(call, request, body) : success;
    if (fault === undefined) return send(response, reply);
    fail(response, fault, reply);
  }

  #status(node: number): Reply {
    if (node === this.staleLeader) return { status: 200, body: '{"role":"Leader","term":1}' };
    const role = node === this.leader ? 'Leader' : 'Follower';
    return { status: 200, body: JSON.stringify({ role, term: this.term }) };
  }

  #notLeader(): Reply {
    const leader = this.hints ? this.urls[this.leader] : undefined;
    const reply = refuse(leader === undefined ? 'no-leader' : 'not-leader');
    return leader === undefined
      ? reply
      : { ...reply, headers: { ...reply.headers, [headers.leader]: leader } };
  }

  #apply(call: string, request: http.IncomingMessage, body: string): Reply {
    if (call === 'PUT /topic') return this.#create((JSON.parse(body) as { topic: string }).topic);
    if (call === 'PUT /message') return this.#publish(request, JSON.parse(body) as PublishBody);
    const name = /^GET \/message\/(.+)$/.exec(call)?.[1];
    if (name === undefined) return refuse('unknown-path');
    const messages = this.topics.get(decodeURIComponent(name));
    if (messages === undefined) return refuse('unknown-topic');
    const message = messages.shift();
    if (message === undefined) return refuse('no-message');
    return { status: 200, body: JSON.stringify({ success: true, message }) };
  }

  #create(topic: string): Reply {
    if (this.topics.has(topic)) return refuse('topic-exists');
    this.topics.set(topic, []);
    return success;
  }

  #publish(request: http.IncomingMessage, { topic, message }: PublishBody): Reply {
    const messages = this.topics.get(topic);
    if (messages === undefined) return refuse('unknown-topic');
    const parsed = parseProducerHeaders(request.headers);
    if (parsed.kind !== 'present') return refuse('invalid-producer');
    const { producerId, epoch, sequence } = parsed.producer;
    const known = this.producers.get(producerId);
    if (known !== undefined && epoch < known.epoch) return refuse('producer-fenced');
    const last = known?.epoch === epoch ? known.sequence : 0;
    if (sequence <= last) return { ...success, headers: { [headers.duplicate]: 'true' } };
    if (sequence !== last + 1) return refuse('producer-sequence-gap');
    this.producers.set(producerId, { epoch, sequence });
    messages.push(message);
    return success;
  }
}

interface PublishBody {
  readonly topic: string;
  readonly message: string;
}

function refuse(code: ErrorCode): Reply {
  return {
    status: errorCodes[code].status,
    body: '{"success":false}',
    headers: { [headers.error]: formatErrorHeader(code, `scripted ${code}`) },
  };
}

function send(response: http.ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body);
}

function fail(response: http.ServerResponse, fault: Fault, reply: Reply): void {
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'half-reply':
      response.writeHead(200, { 'content-length': reply.body.length });
      response.write(reply.body.slice(0, 5), () => response.socket?.destroy());
      return;
    case 'refuse':
      return send(response, refuse(fault.code));
    case 'reply':
      return send(response, fault);
    default:
      fault satisfies never;
  }
}

function describeProducer(request: http.IncomingMessage): string | undefined {
  const parsed = parseProducerHeaders(request.headers);
  if (parsed.kind !== 'present') return undefined;
  const { producerId, epoch, sequence } = parsed.producer;
  return `${producerId}/${epoch}/${sequence}`;
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function portOf(server: http.Server | undefined): number {
  return (server?.address() as AddressInfo | null | undefined)?.port ?? 0;
}
