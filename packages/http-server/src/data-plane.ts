import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EndpointName, endpoints } from '@rrmq/contract';
import type { CallServer } from './call-server.ts';
import { refusal, send } from './reply.ts';

/** The calls that carry messages. Express takes five times as long for one as all else together. */
const dataPlane = ['publish', 'pop'] as const satisfies EndpointName[];

const MALFORMED_PATH = refusal('malformed-path', 'the path is not percent-encoded UTF-8');

/** A path of the table: as it stands, or up to its one parameter, which is the last segment. */
interface Route {
  readonly name: EndpointName;
  readonly method: string;
  readonly fixed: string;
  readonly hasParam: boolean;
}

const routes: readonly Route[] = dataPlane.map((name) => {
  const { method, path } = endpoints[name];
  const colon = path.indexOf(':');
  const fixed = colon === -1 ? path : path.slice(0, colon);
  return { name, method, fixed, hasParam: colon !== -1 };
});

/** Serves a request of the data plane; `false`, and nothing is done, for all others. */
export function serveDataPlane(
  server: CallServer,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { method, url = '' } = request;
  for (const route of routes) {
    if (route.method !== method || !url.startsWith(route.fixed)) continue;
    const rest = withoutQuery(url.slice(route.fixed.length));
    if (route.hasParam ? rest === '' || rest.includes('/') : rest !== '') continue;
    const param = decodeSegment(rest);
    if (param === undefined) send(response, MALFORMED_PATH);
    else server.serve(route.name, request, response, param);
    return true;
  }
  return false;
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
