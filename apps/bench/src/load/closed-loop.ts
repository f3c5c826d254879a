import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWER_MS_MAX, type LoadJob, type LoadResult } from './load-job.ts';
import { LoadTally } from './load-tally.ts';
import { ReplyReader } from './reply-reader.ts';

/** Opens all connections, calls `begun`, and keeps one request under way on each until time is over. */
export async function runClosedLoop(job: LoadJob, begun: () => void): Promise<LoadResult> {
  const sockets = await Promise.all(Array.from({ length: job.connections }, () => open(job.port)));
  const request = encodeRequest(job);
  begun();
  const tally = new LoadTally();
  const untilMs = performance.now() + job.seconds * 1000;
  const lanes = sockets.map((socket) => new Lane(socket, request, tally));
  const finished = Promise.all(lanes.map((lane) => lane.run(untilMs)));
  await Promise.race([finished, delay(job.seconds * 1000 + ANSWER_MS_MAX, { ref: false })]);
  for (const lane of lanes) lane.close();
  return tally.result();
}

/** One connection, with one request under way. */
class Lane {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #tally: LoadTally;
  readonly #reader = new ReplyReader();
  #untilMs = 0;
  #sentMs = 0;
  #isOver = false;
  #finish: () => void = () => undefined;

  constructor(socket: Socket, request: Buffer, tally: LoadTally) {
    this.#socket = socket;
    this.#request = request;
    this.#tally = tally;
  }

  /** Ends when the time is over and the last request answered, or when the connection breaks. */
  run(untilMs: number): Promise<void> {
    this.#untilMs = untilMs;
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', () => this.#fail());
    this.#socket.on('close', () => this.#fail());
    this.#send();
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Whatever is not answered by now is an error. */
  close(): void {
    this.#fail();
    this.#socket.destroy();
  }

  #send(): void {
    this.#sentMs = performance.now();
    this.#socket.write(this.#request);
  }

  #receive(chunk: Buffer): void {
    let status: number | undefined;
    try {
      status = this.#reader.take(chunk);
    } catch {
      this.#fail();
      return;
    }
    if (status === undefined) return;
    const nowMs = performance.now();
    this.#tally.answer(status, nowMs - this.#sentMs);
    if (nowMs < this.#untilMs) this.#send();
    else this.#end();
  }

  #fail(): void {
    if (this.#isOver) return;
    this.#tally.fail();
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#finish();
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

function encodeRequest({ port, body }: LoadJob): Buffer {
  const head = [
    'PUT /message HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
