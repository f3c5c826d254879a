import { type QueueResult, type QueueView } from '@rrmq/queue';
import { type Group } from '@rrmq/raft';
import { type Logger } from 'pino';
import { type AppParts, externalApp, internalApp } from './apps.ts';
import { CallServer } from './call-server.ts';
import { seedCalls } from './calls/seed-calls.ts';
import { serveDataPlane } from './data-plane.ts';
import { type HttpLimits, defaultHttpLimits } from './http-limits.ts';
import { HttpPort } from './http-port.ts';
import { type NodeInfo } from './probes.ts';

export interface HttpServerOptions {
  readonly group: Group<QueueResult>;
  /** The machine that the group feeds. */
  readonly queue: QueueView;
  readonly node: NodeInfo;
  /** What differs from `defaultHttpLimits`. */
  readonly limits?: Partial<HttpLimits>;
  readonly log: Logger;
}

/** The HTTP interface of a node. Neither port listens yet. */
export interface HttpServer {
  /** For clients. */
  readonly external: HttpPort;
  /** For peers and supervisors; unused when a node has only one port. */
  readonly internal: HttpPort;
  /** Stops both ports, see `HttpPort.stop`. */
  stop(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const { group, queue, node, log } = options;
  const parts: AppParts = { group, node, log };
  const calls = new CallServer(seedCalls({ group, queue, retryMs: limits.retryMs }), limits);
  const app = externalApp(parts, calls);
  const external = new HttpPort((request, response) => {
    if (!serveDataPlane(calls, request, response)) app(request, response);
  }, limits);
  const internal = new HttpPort(internalApp(parts), limits);
  return {
    external,
    internal,
    stop: async () => {
      await Promise.all([external.stop(), internal.stop()]);
    },
  };
}
