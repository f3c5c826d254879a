import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { type Reply, problem } from './reply.ts';

const CHALLENGE = ['WWW-Authenticate', 'Bearer realm="rrmq"'];

const MISSING = problem(
  'unauthorized',
  'send the admin token of the cluster as Authorization: Bearer <token>',
  CHALLENGE,
);
const WRONG = problem('unauthorized', 'this is not the admin token of this node', CHALLENGE);
const NOT_LOCAL = problem(
  'admin-token-required',
  'this node has no admin token, so it serves this call only to clients on its own machine; start it with an admin token to be served from elsewhere',
);
const INDIRECT = problem(
  'admin-token-required',
  'this node has no admin token, so it serves this call to programs on its own machine only: not to web pages, and not through proxies',
);

/** What a proxy or a browser adds: then whoever asks may be anywhere. */
const indirectHeaders = ['origin', 'sec-fetch-site', 'forwarded', 'x-forwarded-for', 'via'];

/** Decides who may change the cluster and read all of it. Knows the token by its hash only. */
export class AdminGuard {
  readonly #digest: Buffer | undefined;

  /** `token`: not empty. Without one only clients on this machine are let in. */
  constructor(token: string | undefined) {
    if (token === '') throw new RangeError('an admin token is not empty');
    this.#digest = token === undefined ? undefined : digestOf(token);
  }

  /** The answer to a client that is not let in; `undefined` for one that is. */
  refusal({ headers, socket }: IncomingMessage): Reply | undefined {
    if (this.#digest === undefined) return refuseDistant(headers, socket.remoteAddress);
    const given = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
    if (given === undefined) return MISSING;
    // Hashes are equally long, and equal only when the tokens are.
    return timingSafeEqual(digestOf(given), this.#digest) ? undefined : WRONG;
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

function refuseDistant(
  headers: IncomingHttpHeaders,
  address: string | undefined,
): Reply | undefined {
  if (!isLoopback(address ?? '')) return NOT_LOCAL;
  return indirectHeaders.some((name) => headers[name] !== undefined) ? INDIRECT : undefined;
}

/** Whether the address is of this machine's own: 127.0.0.0/8 or ::1. */
function isLoopback(address: string): boolean {
  const ip = address.replace(/^::ffff:/i, '');
  return isIPv4(ip) ? ip.startsWith('127.') : ip === '::1';
}
