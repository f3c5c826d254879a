import { type EndpointName, type V1EndpointName, endpoints, v1Endpoints } from '@rrmq/contract';
import type { QueueResult } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';
import express, { type ErrorRequestHandler, type Express, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { CallServer } from './call-server.ts';
import { type NodeInfo, mountProbes } from './probes.ts';
import { problem, refusal, send } from './reply.ts';
import { V1Exchange, type V1Params } from './v1-call.ts';
import type { V1Server } from './v1-server.ts';

/** What the apps are made of. */
export interface AppParts {
  readonly group: Group<QueueResult>;
  readonly node: NodeInfo;
  readonly log: Logger;
}

const UNKNOWN_PATH = refusal('unknown-path', 'nothing is found under this path');
const MALFORMED_PATH = refusal('malformed-path', 'the path is not percent-encoded UTF-8');
const FAILED = refusal('internal-error', 'the node failed; its log says how');

const V1_UNKNOWN_PATH = problem('unknown-path', 'nothing is found under this path');
const V1_MALFORMED_PATH = problem('malformed-path', 'the path is not percent-encoded UTF-8');
const V1_FAILED = problem('internal-error', 'the node failed; its log says how');

/** For clients: every call of the two endpoint tables, and the probes. */
export function externalApp(parts: AppParts, calls: CallServer, v1: V1Server): Express {
  const app = newApp();
  mountProbes(app, parts.group, parts.node);
  for (const path of new Set(Object.values(endpoints).map((endpoint) => endpoint.path))) {
    mountPath(app, calls, path);
  }
  for (const path of new Set(Object.values(v1Endpoints).map((endpoint) => endpoint.path))) {
    mountV1Path(app, v1, path);
  }
  mountV1End(app, parts.log);
  mountEnd(app, parts.log);
  return app;
}

/** For peers and supervisors, beside the connections that peers upgrade. */
export function internalApp({ group, node, log }: AppParts): Express {
  const app = newApp();
  mountProbes(app, group, node);
  mountEnd(app, log);
  return app;
}

/** Paths count as they are written, as in the data plane. */
function newApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('strict routing');
  app.enable('case sensitive routing');
  // TLS is decided elsewhere: a node that speaks plain HTTP must not ask browsers for more.
  app.use(helmet({ strictTransportSecurity: false }));
  return app;
}

function mountPath(app: Express, calls: CallServer, path: string): void {
  const names = (Object.keys(endpoints) as EndpointName[]).filter(
    (name) => endpoints[name].path === path,
  );
  const methods = new Map(names.flatMap((name) => methodsOf(name).map((each) => [each, name])));
  const allow = [...methods.keys()].join(', ');
  const wrongMethod = refusal('method-not-allowed', `allowed: ${allow}`, ['Allow', allow]);
  app.all(path, (request, response) => {
    const name = methods.get(request.method);
    const topic: unknown = request.params['topic'];
    if (name === undefined) send(response, wrongMethod);
    else calls.serve(name, request, response, typeof topic === 'string' ? topic : '');
  });
}

function mountV1Path(app: Express, v1: V1Server, path: string): void {
  const names = (Object.keys(v1Endpoints) as V1EndpointName[]).filter(
    (name) => v1Endpoints[name].path === path,
  );
  const methods = new Map(names.flatMap((name) => v1MethodsOf(name).map((each) => [each, name])));
  const allow = [...methods.keys()].join(', ');
  const wrongMethod = problem('method-not-allowed', `allowed: ${allow}`, ['Allow', allow]);
  app.all(path, (request, response) => {
    const name = methods.get(request.method);
    if (name === undefined) new V1Exchange(request, response).answer(wrongMethod);
    else v1.serve(name, request, response, v1Params(request.params));
  });
}

function v1Params({ ids, topic, id }: Readonly<Record<string, unknown>>): V1Params {
  return {
    ...(typeof ids === 'string' ? { ids } : {}),
    ...(typeof topic === 'string' ? { topic } : {}),
    ...(typeof id === 'string' ? { id } : {}),
  };
}

/** A GET answers HEAD too, unless its answer is a stream. */
function v1MethodsOf(name: V1EndpointName): string[] {
  const { method, body, replies } = v1Endpoints[name];
  const isSmall = body === undefined && replies[200] !== 'backup';
  return method === 'GET' && isSmall ? ['GET', 'HEAD'] : [method];
}

/** Under `/v1` every refusal is a problem, also of what is not there. */
function mountV1End(app: Express, log: Logger): void {
  app.use('/v1', (request, response: Response) =>
    new V1Exchange(request, response).answer(V1_UNKNOWN_PATH),
  );
  const failed: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const exchange = new V1Exchange(request, response);
    if (error instanceof URIError) return exchange.answer(V1_MALFORMED_PATH);
    log.error({ err: error, method: request.method, path: request.path }, 'a call failed');
    return exchange.answer(V1_FAILED);
  };
  app.use('/v1', failed);
}

/** A GET answers HEAD too, unless it changes something. */
function methodsOf(name: EndpointName): string[] {
  const { method, repeatable } = endpoints[name];
  return method === 'GET' && repeatable === 'yes' ? ['GET', 'HEAD'] : [method];
}

function mountEnd(app: Express, log: Logger): void {
  app.use((_, response: Response) => send(response, UNKNOWN_PATH));
  // Express tells an error handler by its four parameters.
  const failed: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    if (error instanceof URIError) return send(response, MALFORMED_PATH);
    log.error({ err: error, method: request.method, path: request.path }, 'a call failed');
    return send(response, FAILED);
  };
  app.use(failed);
}
