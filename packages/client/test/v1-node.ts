import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { type ClusterView, headers, type ProblemCode, problemOf } from '@rrmq/contract';

/** One request that reached a node. */
export interface Seen {
  readonly call: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What a node answers. */
export type Script = (seen: Seen, response: http.ServerResponse) => void;

/** A real HTTP server that answers as a node does; calls under `/v1` by its script. */
export class V1Node implements AsyncDisposable {
  role: 'Leader' | 'Follower' = 'Leader';
  readonly seen: Seen[] = [];
  readonly #server: http.Server;
  readonly #scheme: string;
  script: Script = (_, response) => problem(response, 'unknown-path');

  constructor(tls?: https.ServerOptions) {
    const listener: http.RequestListener = (request, response) => {
      void this.#serve(request, response);
    };
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server =
      tls === undefined ? http.createServer(listener) : https.createServer(tls, listener);
  }

  static async start(script?: Script, tls?: https.ServerOptions): Promise<V1Node> {
    const node = new V1Node(tls);
    if (script !== undefined) node.script = script;
    node.#server.listen(0, '127.0.0.1');
    await once(node.#server, 'listening');
    return node;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const call = `${request.method} ${request.url}`;
    if (call === 'GET /status') return json(response, 200, { role: this.role, term: 1 });
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts).toString('latin1');
    const seen = { call, headers: request.headers, body };
    this.seen.push(seen);
    this.script(seen, response);
  }
}

export function json(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function problem(response: http.ServerResponse, code: ProblemCode, detail = 'why'): void {
  const body = problemOf(code, detail);
  response.writeHead(body.status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(body));
}

/** 307 to the same path elsewhere. */
export function redirect(response: http.ServerResponse, url: string, path: string): void {
  const body = problemOf('not-leader', `follows ${url}`);
  response.writeHead(307, { location: url + path, [headers.leader]: url });
  response.end(JSON.stringify(body));
}

/** How node `node` sees a cluster of `urls`, led by `leader`; ids count from 1. */
export function viewOf(urls: readonly string[], node: number, leader: number | null): ClusterView {
  return {
    clusterId: 'c0ffee',
    clusterEpoch: 1,
    node,
    role: node === leader ? 'leader' : 'follower',
    term: 1,
    leader,
    ready: true,
    members: urls.map((url, i) => ({
      id: i + 1,
      url,
      address: { ip: '127.0.0.1', port: Number(new URL(url).port), internalPort: 1 },
      role: 'voter',
      isLeader: i + 1 === leader,
    })),
    isSettled: true,
    indexes: { committed: 1, applied: 1, last: 1, durable: 1, compacted: 0, flushed: 0 },
    disk: { freeBytes: null, logBytes: 1, dirtyBytes: 0 },
    syncMs: 0.5,
  };
}
