import type { Readable } from 'node:stream';
import { BODY_BYTES_MAX } from '@rrmq/contract';
import { exitCodes } from './exit-code.ts';
import { Failure } from './failure.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of `input` without their ends (`\n` or `\r\n`), else as they are; an unfinished last line counts, an
 * empty one after the last line feed does not. At most one line is held in memory.
 * @throws {Failure} when a line cannot be a message: larger than a request may be, or no UTF-8.
 */
export async function* readLines(input: Readable): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 1;
  for await (const chunk of input) {
    let rest = toBytes(chunk);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      yield text(withoutReturn([...parts, rest.subarray(0, end)]), `line ${number++}`);
      rest = rest.subarray(end + 1);
      parts = [];
      bytes = 0;
    }
    bytes += rest.length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge(`line ${number}`);
    if (rest.length > 0) parts.push(rest);
  }
  if (parts.length > 0) yield text(Buffer.concat(parts), `line ${number}`);
}

/** All of `input` as one text, unchanged. @throws {Failure} as `readLines` does. */
export async function readAll(input: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = toBytes(chunk);
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge('the input');
    parts.push(part);
  }
  return text(Buffer.concat(parts), 'the input');
}

/** A line that ended with a line feed: a carriage return before that belongs to its end. */
function withoutReturn(parts: readonly Buffer[]): Buffer {
  const line = Buffer.concat(parts);
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function text(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const next = 'messages are text in UTF-8: encode other bytes, with base64 for example';
    throw new Failure(`${what} is not valid UTF-8`, next, exitCodes.failure);
  }
}

function tooLarge(what: string): Failure {
  const next = 'split it: one message is at most 8 MiB, JSON quotes included';
  return new Failure(`${what} is larger than ${BODY_BYTES_MAX} bytes`, next, exitCodes.failure);
}

function toBytes(chunk: unknown): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}
