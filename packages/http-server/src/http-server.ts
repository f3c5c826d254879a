import type { QueueResult, QueueView } from '@rrmq/queue';
import type { Group, GroupAdmin } from '@rrmq/raft';
import type { Logger } from 'pino';
import { AdminGuard } from './admin-guard.ts';
import type { AppParts } from './apps.ts';
import type { Scheme } from './base-url.ts';
import { CallServer } from './call-server.ts';
import { seedCalls } from './calls/seed-calls.ts';
import { v1Calls } from './calls/v1-calls.ts';
import { serveDataPlane } from './data-plane.ts';
import { type HttpLimits, defaultHttpLimits } from './http-limits.ts';
import { HttpPort, type PortTls } from './http-port.ts';
import { LateApp } from './late-app.ts';
import type { NodeInfo } from './probes.ts';
import type { Arriving } from './request-body.ts';
import { SlowUploads } from './slow-uploads.ts';
import { V1Server } from './v1-server.ts';

export interface HttpServerOptions {
  readonly group: Group<QueueResult>;
  /** What operators do with this node. */
  readonly admin: GroupAdmin;
  /** The machine that the group feeds. */
  readonly queue: QueueView;
  readonly node: NodeInfo;
  /** For changes of the cluster and for backups; without one only clients on this machine are served. Not empty. */
  readonly adminToken?: string | undefined;
  /** Makes both ports speak HTTPS: all nodes of a cluster must. */
  readonly tls?: PortTls | undefined;
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
  const { group, queue, node, log, tls } = options;
  const scheme = schemeOf(options);
  const parts: AppParts = { group, node, log };
  const { retryMs } = limits;
  const arriving: Arriving = { bytes: 0, bytesMax: limits.arrivingBytesMax };
  const calls = new CallServer(seedCalls({ group, queue, scheme, retryMs }), limits, arriving);
  const externalApp = new LateApp(async () =>
    (await import('./apps.ts')).externalApp(parts, calls, v1),
  );
  const internalApp = new LateApp(async () => (await import('./apps.ts')).internalApp(parts));
  const external = new HttpPort(
    (request, response) => {
      if (!serveDataPlane(calls, request, response)) externalApp.serve(request, response);
    },
    limits,
    tls,
  );
  const internal = new HttpPort(
    (request, response) => {
      internalApp.serve(request, response);
    },
    limits,
    tls,
  );
  const v1 = v1Server(options, { external, limits, arriving });
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

/** How clients reach the nodes. */
function schemeOf({ tls }: HttpServerOptions): Scheme {
  return tls === undefined ? 'http' : 'https';
}

interface V1Parts {
  readonly external: HttpPort;
  readonly limits: HttpLimits;
  readonly arriving: Arriving;
}

function v1Server(options: HttpServerOptions, { external, limits, arriving }: V1Parts): V1Server {
  const { group, admin, queue, node, adminToken, log } = options;
  const scheme = schemeOf(options);
  const { retryMs, streamIdleMs: idleMs } = limits;
  const v1Node = { group, admin, queue, info: node, scheme, retryMs, idleMs, log };
  const handlers = v1Calls(v1Node, new SlowUploads(external.server, idleMs));
  return new V1Server(v1Node, handlers, new AdminGuard(adminToken), arriving);
}
