import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EndpointName, type V1EndpointName, endpoints, v1Endpoints } from '@rrmq/contract';
import type { CallServer } from './call-server.ts';
import { problem, refusal, send } from './reply.ts';
import { V1Exchange } from './v1-call.ts';
import type { V1Server } from './v1-server.ts';

/** The calls that carry messages. Express takes five times as long for one as all else together. */
const seedCalls = ['publish', 'pop'] as const satisfies EndpointName[];
const v1Calls = [
  'publishMessages',
  'receive',
  'settle',
  'ack',
  'nack',
  'extend',
] as const satisfies V1EndpointName[];

const MALFORMED_PATH = refusal('malformed-path', 'the path is not percent-encoded UTF-8');
const V1_MALFORMED_PATH = problem('malformed-path', 'the path is not percent-encoded UTF-8');

type Serve = (request: IncomingMessage, response: ServerResponse, param: string) => void;

/** A path of a table: as it stands, or with its one parameter, a segment, between its two ends. */
interface Route {
  readonly method: string;
  readonly start: string;
  readonly end: string;
  readonly hasParam: boolean;
  readonly serve: Serve;
  readonly malformed: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Serves the data plane in front of Express. */
export class DataPlane {
  readonly #routes: readonly Route[];

  constructor(calls: CallServer, v1: V1Server) {
    this.#routes = [
      ...seedCalls.map((name) => ({
        ...routeOf(endpoints[name]),
        serve: (...[request, response, param]: Parameters<Serve>) =>
          calls.serve(name, request, response, param),
        malformed: (_: IncomingMessage, response: ServerResponse) => send(response, MALFORMED_PATH),
      })),
      ...v1Calls.map((name) => ({
        ...routeOf(v1Endpoints[name]),
        serve: (...[request, response, topic]: Parameters<Serve>) =>
          v1.serve(name, request, response, { topic }),
        malformed: (request: IncomingMessage, response: ServerResponse) =>
          new V1Exchange(request, response).answer(V1_MALFORMED_PATH),
      })),
    ];
  }

  /** Serves a request of the data plane; `false`, and nothing is done, for all others. */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '' } = request;
    for (const route of this.#routes) {
      if (route.method !== method || !url.startsWith(route.start)) continue;
      const segment = segmentBetween(url, route);
      if (segment === undefined) continue;
      const param = decodeSegment(segment);
      if (param === undefined) route.malformed(request, response);
      else route.serve(request, response, param);
      return true;
    }
    return false;
  }
}

function routeOf({ method, path }: { readonly method: string; readonly path: string }) {
  const colon = path.indexOf(':');
  if (colon === -1) return { method, start: path, end: '', hasParam: false };
  const slash = path.indexOf('/', colon);
  const end = slash === -1 ? '' : path.slice(slash);
  return { method, start: path.slice(0, colon), end, hasParam: true };
}

/** The parameter as it stands in the path; empty when the path has none. `undefined`: this is another path. */
function segmentBetween(url: string, { start, end, hasParam }: Route): string | undefined {
  const rest = withoutQuery(url.slice(start.length));
  if (!rest.endsWith(end)) return undefined;
  const segment = rest.slice(0, rest.length - end.length);
  const isWrong = hasParam ? segment === '' || segment.includes('/') : segment !== '';
  return isWrong ? undefined : segment;
}

function withoutQuery(rest: string): string {
  const mark = rest.indexOf('?');
  return mark === -1 ? rest : rest.slice(0, mark);
}

/** Text from a path segment; `undefined` when it is not percent-encoded UTF-8. */
function decodeSegment(segment: string): string | undefined {
  if (/^[\w.~-]*$/.test(segment)) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
