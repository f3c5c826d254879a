import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import {
  type HttpLimits,
  type HttpServer,
  type HttpServerOptions,
  createHttpServer,
} from '@rrmq/http-server';
import { pino } from 'pino';
import { TestGroup } from './test-group.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A node's HTTP side on a free port, over a group that does as it is told. */
export interface NodeUnderTest extends AsyncDisposable {
  readonly group: TestGroup;
  readonly server: HttpServer;
  readonly port: number;
  call(method: string, path: string, body?: unknown, headers?: object): Promise<Answer>;
  connect(): Socket;
}

/** Strings and buffers are sent as they are, other bodies as JSON. */
export async function startNode(
  limits: Partial<HttpLimits> = {},
  options: Partial<HttpServerOptions> = {},
): Promise<NodeUnderTest> {
  const group = await TestGroup.start();
  const log = pino({ level: 'silent' });
  const queue = group.machine;
  const node = { version: 'test', clusterId: 'c0ffee', clusterEpoch: 1 };
  const server = createHttpServer({ group, admin: group, queue, node, limits, log, ...options });
  const { port } = await server.external.listen(0, '127.0.0.1');
  return {
    group,
    server,
    port,
    call: (method, path, body, headers = {}) =>
      send(
        { port, method, path, headers: { ...typeOf(path, body), ...headers }, agent: false },
        body,
      ),
    connect: () => connect(port, '127.0.0.1'),
    [Symbol.asyncDispose]: async () => {
      await server.stop();
    },
  };
}

/** The calls at the root take JSON under any name; those under `/v1` want to be told. */
function typeOf(path: string, body: unknown): object {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body) && path.startsWith('/v1/');
  return isJson ? { 'Content-Type': 'application/json' } : {};
}

export function send(options: RequestOptions, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...options }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const { statusCode: status = 0, headers } = incoming;
        resolve({ status, headers, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    const raw = typeof body === 'string' || Buffer.isBuffer(body);
    if (body === undefined) outgoing.end();
    else outgoing.end(raw ? body : JSON.stringify(body));
  });
}

/** Waits until a condition holds, looking once per turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** All that a socket receives until its end. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)));
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
  return Buffer.concat(chunks).toString();
}
