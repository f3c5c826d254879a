import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const REPLY = Buffer.from('{"success":true}');

/**
 * The echo process: the least that a Node.js server can do for the same request. It reads the body, parses the JSON
 * and says that all is well. Tells its parent the port, and ends with it.
 */
export function runEchoServer(): void {
  process.on('disconnect', () => process.exit());
  const server = createServer(answer);
  server.listen(0, '127.0.0.1', () => {
    process.send?.((server.address() as AddressInfo).port);
  });
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const isJson = parses(Buffer.concat(chunks).toString());
    response.writeHead(isJson ? 200 : 400, {
      'Content-Type': 'application/json',
      'Content-Length': REPLY.length,
    });
    response.end(REPLY);
  });
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
