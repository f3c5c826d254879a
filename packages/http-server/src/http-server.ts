import { randomBytes } from 'node:crypto';
import { type QueueResult, type QueueView, SECRET_BYTES, WaitingReceives } from '@rrmq/queue';
import { type Group, type GroupAdmin, NodeTimers } from '@rrmq/raft';
import type { Logger } from 'pino';
import { AdminGuard } from './admin-guard.ts';
import type { AppParts } from './apps.ts';
import type { Scheme } from './base-url.ts';
import { CallServer } from './call-server.ts';
import { seedCalls } from './calls/seed-calls.ts';
import type { SeedNode } from './calls/seed-node.ts';
import { v1Calls } from './calls/v1-calls.ts';
import type { V1Node } from './calls/v1-node.ts';
import { DataPlane } from './data-plane.ts';
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
  /** Receives that wait for messages now. */
  readonly waitingReceives: number;
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
  const receives = new WaitingReceives({
    group,
    queue,
    timers: new NodeTimers(),
    newSecret,
  });
  const seedNode: SeedNode = { group, queue, receives, scheme, retryMs };
  const calls = new CallServer(seedCalls(seedNode), limits, arriving);
  const externalApp = new LateApp(async () =>
    (await import('./apps.ts')).externalApp(parts, calls, v1),
  );
  const internalApp = new LateApp(async () => (await import('./apps.ts')).internalApp(parts));
  const external = new HttpPort(
    (request, response) => {
      if (!dataPlane.serve(request, response)) externalApp.serve(request, response);
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
  const v1 = v1Server(options, { external, receives, limits, arriving });
  const dataPlane = new DataPlane(calls, v1);
  return {
    external,
    internal,
    get waitingReceives() {
      return receives.count;
    },
    warmUp: async () => {
      await Promise.all([externalApp.ready(), internalApp.ready()]);
    },
    stop: async () => {
      receives.stop();
      await Promise.all([external.stop(), internal.stop()]);
    },
  };
}

const newSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** How clients reach the nodes. */
function schemeOf({ tls }: HttpServerOptions): Scheme {
  return tls === undefined ? 'http' : 'https';
}

interface V1Parts {
  readonly external: HttpPort;
  readonly receives: WaitingReceives;
  readonly limits: HttpLimits;
  readonly arriving: Arriving;
}

function v1Server(options: HttpServerOptions, parts: V1Parts): V1Server {
  const { group, admin, queue, node: info, adminToken, log } = options;
  const { external, receives, limits, arriving } = parts;
  const { retryMs, streamIdleMs: idleMs, bodyBytesMax } = limits;
  const scheme = schemeOf(options);
  const node: V1Node = {
    group,
    admin,
    queue,
    receives,
    newSecret,
    info,
    scheme,
    retryMs,
    idleMs,
    log,
  };
  const handlers = v1Calls(node, new SlowUploads(external.server, idleMs));
  const guard = new AdminGuard(adminToken);
  return new V1Server({ node, handlers, guard, arriving, bodyBytesMax });
}
