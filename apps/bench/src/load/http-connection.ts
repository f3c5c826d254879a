import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ANSWER_MS_MAX } from './load-job.ts';
import { ReplyReader } from './reply-reader.ts';

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Where the leader serves clients, when the answering node does not lead and knows it. */
  readonly leaderPort: number | undefined;
}

/** A kept connection to a node, with one request under way at most. */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  readonly #answerMsMax: number;
  #answered: ((reply: Reply) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, answerMsMax: number) {
    this.#socket = socket;
    this.#answerMsMax = answerMsMax;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#fail('the connection was lost'));
  }

  /** `answerMsMax`: how long a reply is waited for. Rejects when nobody listens there. */
  static async open(port: number, answerMsMax = ANSWER_MS_MAX): Promise<HttpConnection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket, answerMsMax);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Sends a request and waits for its reply. Rejects when there is none in time: the connection is closed then. */
  send(request: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      if (!this.isOpen) {
        this.#fail('the connection is closed');
        return;
      }
      this.#timer ??= setTimeout(() => this.#giveUp(), this.#answerMsMax);
      this.#timer.refresh();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    let status: number | undefined;
    try {
      status = this.#reader.take(chunk);
    } catch {
      this.#socket.destroy();
      return;
    }
    if (status === undefined) return;
    const { body } = this.#reader;
    const leaderPort = status === 200 ? undefined : this.#reader.leaderPort;
    const answered = this.#answered;
    this.#forget();
    answered?.({ status, body, leaderPort });
  }

  /** The timer runs on when a reply has come: starting it anew is cheaper than stopping it. */
  #giveUp(): void {
    if (this.#answered !== undefined) this.#socket.destroy();
  }

  #fail(why: string): void {
    clearTimeout(this.#timer);
    const failed = this.#failed;
    this.#forget();
    failed?.(new Error(why));
  }

  #forget(): void {
    this.#answered = undefined;
    this.#failed = undefined;
  }
}

/** `PUT /message`. */
export function encodePublish(topic: string, message: string): Buffer {
  const body = JSON.stringify({ topic, message });
  const length = Buffer.byteLength(body);
  const head = `PUT /message HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}`;
  return Buffer.from(`${head}\r\n\r\n${body}`);
}

/** `GET /message/<topic>`. */
export function encodePop(topic: string): Buffer {
  return Buffer.from(`GET /message/${topic} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}
