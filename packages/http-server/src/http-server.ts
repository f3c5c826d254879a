import type { QueueResult, QueueView } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';
import type { Logger } from 'pino';
import type { AppParts } from './apps.ts';
import { CallServer } from './call-server.ts';
import { seedCalls } from './calls/seed-calls.ts';
import { serveDataPlane } from './data-plane.ts';
import { type HttpLimits, defaultHttpLimits } from './http-limits.ts';
import { HttpPort } from './http-port.ts';
import { LateApp } from './late-app.ts';
import type { NodeInfo } from './probes.ts';

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
  /** Loads what serves all calls but publish and pop; otherwise the first of these calls waits for it. */
  warmUp(): Promise<void>;
  /** Stops both ports, see `HttpPort.stop`. */
  stop(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const { group, queue, node, log } = options;
  const parts: AppParts = { group, node, log };
  const calls = new CallServer(seedCalls({ group, queue, retryMs: limits.retryMs }), limits);
  const externalApp = new LateApp(async () =>
    (await import('./apps.ts')).externalApp(parts, calls),
  );
  const internalApp = new LateApp(async () => (await import('./apps.ts')).internalApp(parts));
  const external = new HttpPort((request, response) => {
    if (!serveDataPlane(calls, request, response)) externalApp.serve(request, response);
  }, limits);
  const internal = new HttpPort((request, response) => {
    internalApp.serve(request, response);
  }, limits);
  return {
    external,
    internal,
    warmUp: async () => {
      await Promise.all([externalApp.ready(), internalApp.ready()]);
    },
    stop: async () => {
      await Promise.all([external.stop(), internal.stop()]);
    },
  };
}
