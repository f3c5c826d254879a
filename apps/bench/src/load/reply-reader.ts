const HEAD_END = '\r\n\r\n';

/** Longest head that is read: RRMQ's have a few hundred bytes. */
const HEAD_BYTES_MAX = 16 * 1024;

/**
 * Finds the ends of HTTP/1.1 replies in what a connection receives. It knows only what the servers under test send: a
 * `Content-Length`, no chunks, one reply at a time. That makes it several times cheaper than a whole parser, and
 * leaves the processors to the servers.
 */
export class ReplyReader {
  #text = '';
  #last = '';

  /**
   * Takes what arrived; the status of the reply that it completes, if it does.
   * @throws {Error} when it is no such reply.
   */
  take(chunk: Buffer): number | undefined {
    this.#text += chunk.toString('latin1');
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) {
      if (this.#text.length > HEAD_BYTES_MAX) throw new Error('the head of a reply has no end');
      return undefined;
    }
    const length = headEnd + HEAD_END.length + bodyLength(this.#text, headEnd);
    if (this.#text.length < length) return undefined;
    if (this.#text.length > length) throw new Error('more than one reply to one request');
    const status = Number(this.#text.slice(9, 12));
    this.#last = this.#text;
    this.#text = '';
    return status;
  }

  /** The body of the last whole reply, a character for each byte. */
  get body(): string {
    return this.#last.slice(this.#last.indexOf(HEAD_END) + HEAD_END.length);
  }

  /** The port of the leader that the last whole reply names, if it names one. */
  get leaderPort(): number | undefined {
    const head = this.#last.slice(0, this.#last.indexOf(HEAD_END));
    const port = /\r\nrrmq-leader: *\S+:(\d+)/i.exec(head)?.[1];
    return port === undefined ? undefined : Number(port);
  }
}

function bodyLength(text: string, headEnd: number): number {
  const match = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd));
  if (match === null) throw new Error('a reply without Content-Length');
  return Number(match[1]);
}
