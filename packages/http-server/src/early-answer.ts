import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './reply.ts';

/** How long the rest of a request that was answered early is read, so that its sender sees the answer. */
const LINGER_MS = 1_000;

/** For replies to `answerEarly`. */
export const CLOSE = ['Connection', 'close'];

/**
 * Answers before the body has arrived. A connection closed with unread bytes is reset, and its client may never see the
 * answer: so what still comes is read and dropped for a moment before the response ends and the connection with it.
 */
export function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): void {
  response.shouldKeepAlive = false;
  // Node's types want a mutable array; it does not change it.
  response.writeHead(reply.status, reply.head as string[]);
  response.write(reply.body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.on('close', () => {
    clearTimeout(timer);
    response.end();
  });
  request.resume();
}
