import { type ClientRequest, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, type SecureContext, TLSSocket } from 'node:tls';
import type { CloseReason, PeerAddress } from '../ports.ts';

/** The name of the protocol in `Upgrade`. Its number changes only if the way to the handshake should. */
export const PROTOCOL = 'rrmq-raft/1';

/** From dialling to the answer 101. A peer that is alive answers within milliseconds. */
const CONNECT_MS_MAX = 1_000;

/** How an attempt ends. */
export interface DialHandlers {
  /** `head` came first over the socket. */
  upgraded(socket: Duplex, head: Buffer): void;
  failed(reason: CloseReason, detail?: string): void;
}

/**
 * Asks the HTTP server at the address, or with `tls` the HTTPS server that is trusted there, for the upgrade. Returns
 * what gives the attempt up; the handlers may be called all the same.
 */
export function dial(
  address: PeerAddress,
  tls: SecureContext | undefined,
  handlers: DialHandlers,
): () => void {
  const outgoing = startRequest(address, tls);
  const timer = setTimeout(() => outgoing.destroy(new Error('no answer')), CONNECT_MS_MAX);
  outgoing.on('upgrade', (incoming, socket, head) => {
    clearTimeout(timer);
    if (incoming.headers.upgrade === PROTOCOL) return handlers.upgraded(socket, head);
    socket.destroy();
    return handlers.failed('rejected');
  });
  outgoing.on('response', (incoming) => {
    incoming.destroy();
    handlers.failed(incoming.statusCode === 503 ? 'reset' : 'rejected');
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    const distrust = whyUntrusted(outgoing, error);
    if (distrust === undefined) handlers.failed(reasonOf(error));
    else handlers.failed('untrusted', distrust);
  });
  outgoing.end();
  return () => {
    clearTimeout(timer);
    outgoing.destroy();
  };
}

function startRequest({ ip, port }: PeerAddress, tls: SecureContext | undefined): ClientRequest {
  const options: RequestOptions = {
    host: ip,
    port,
    path: '/',
    headers: { Connection: 'Upgrade', Upgrade: PROTOCOL },
    agent: false,
  };
  if (tls === undefined) return request(options);
  const trusted: ConnectionOptions = { secureContext: tls, rejectUnauthorized: true };
  return requestTls({ ...options, ...trusted });
}

/** For people; `undefined` when it is not a matter of trust. */
function whyUntrusted({ socket }: ClientRequest, error: NodeJS.ErrnoException): string | undefined {
  const { code = '', message } = error;
  const isRefused = socket instanceof TLSSocket && Boolean(socket.authorizationError);
  if (isRefused) return `its certificate is refused (${message})`;
  const isGibberish = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  return isGibberish ? `it speaks no TLS, or none that this node knows (${code})` : undefined;
}

function reasonOf({ code }: NodeJS.ErrnoException): CloseReason {
  if (code === 'ECONNREFUSED') return 'refused';
  return code?.startsWith('HPE_') === true ? 'rejected' : 'reset';
}
