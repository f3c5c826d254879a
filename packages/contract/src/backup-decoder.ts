import {
  BACKUP_CHUNK_BYTES_MAX,
  BACKUP_HEADER_BYTES_MAX,
  BACKUP_MAGIC,
  type BackupHeader,
  backupHeaderSchema,
  type BackupTrailer,
  CHUNK_HEAD_BYTES,
  START_FIXED_BYTES,
  TRAILER_BYTES,
  viewOf,
} from './backup-format.ts';
import { crc32 } from './crc32.ts';

/** The bytes are no whole backup; the message says what is wrong, and where. */
export class BackupMalformed extends Error {
  override readonly name = 'BackupMalformed';
}

/** One piece of a backup. `raw`: its bytes as they stand in the stream, to be hashed; the trailer is not. */
export type BackupPart =
  | { readonly kind: 'header'; readonly header: BackupHeader; readonly raw: Uint8Array }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array; readonly raw: Uint8Array }
  | { readonly kind: 'trailer'; readonly trailer: BackupTrailer };

/** A part and the bytes it took, or how many bytes are needed to know more. */
type Step = { readonly part: BackupPart; readonly length: number } | { readonly need: number };

/**
 * Reads a backup piece by piece, however it is cut. Checks the order of its parts, every checksum, and the trailer's
 * counts; the SHA-256 is left to the caller. Holds one chunk at most.
 */
export class BackupDecoder {
  #pieces: Uint8Array[] = [];
  #held = 0;
  #need = START_FIXED_BYTES;
  #expected: 'start' | 'frame' | 'nothing' = 'start';
  /** Where in the stream the next part begins. */
  #position = 0;
  #chunks = 0;
  #bytes = 0;

  /**
   * The parts that these bytes complete, in order. The caller leaves the bytes alone until they are used up.
   * @throws {BackupMalformed}
   */
  *push(bytes: Uint8Array): Generator<BackupPart, void, undefined> {
    if (bytes.length === 0) return;
    if (this.#expected === 'nothing') throw this.#malformed('more bytes follow the trailer');
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    while (this.#held >= this.#need) {
      const held = joined(this.#pieces, this.#held);
      const step = this.#step(held);
      this.#pieces = [held];
      if ('need' in step) {
        this.#need = step.need;
      } else {
        this.#advance(held, step.length);
        yield step.part;
      }
    }
  }

  /** To be called at the end of the stream. @throws {BackupMalformed} when the trailer did not come. */
  end(): void {
    if (this.#expected === 'nothing') return;
    const received = this.#position + this.#held;
    throw new BackupMalformed(`it is cut off after ${received} bytes: the trailer is missing`);
  }

  #advance(held: Uint8Array, length: number): void {
    const rest = held.subarray(length);
    this.#position += length;
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    this.#need = CHUNK_HEAD_BYTES;
    if (this.#expected !== 'nothing') return;
    this.#need = Number.POSITIVE_INFINITY;
    if (rest.length > 0) throw this.#malformed('more bytes follow the trailer');
  }

  #step(held: Uint8Array): Step {
    if (this.#expected === 'start') return this.#start(held);
    return viewOf(held).getUint32(0) === 0 ? this.#trailer(held) : this.#chunk(held);
  }

  #start(held: Uint8Array): Step {
    if (BACKUP_MAGIC.some((byte, i) => held[i] !== byte))
      throw this.#malformed('this is no backup');
    const view = viewOf(held);
    const jsonLength = view.getUint32(BACKUP_MAGIC.length);
    if (jsonLength > BACKUP_HEADER_BYTES_MAX) throw this.#malformed('the header is too long');
    const end = START_FIXED_BYTES + jsonLength;
    if (held.length < end + 4) return { need: end + 4 };
    const json = held.subarray(START_FIXED_BYTES, end);
    if (crc32(json) !== view.getUint32(end)) throw this.#malformed('the header is damaged');
    const header = parseHeader(json);
    if (header === undefined) throw this.#malformed('the header is of a format not known here');
    this.#expected = 'frame';
    return { part: { kind: 'header', header, raw: held.subarray(0, end + 4) }, length: end + 4 };
  }

  #chunk(held: Uint8Array): Step {
    const view = viewOf(held);
    const end = CHUNK_HEAD_BYTES + view.getUint32(0);
    if (end > CHUNK_HEAD_BYTES + BACKUP_CHUNK_BYTES_MAX)
      throw this.#malformed('a chunk is too long');
    if (held.length < end) return { need: end };
    const bytes = held.subarray(CHUNK_HEAD_BYTES, end);
    if (crc32(bytes) !== view.getUint32(4)) throw this.#malformed('a chunk is damaged');
    this.#chunks++;
    this.#bytes += bytes.length;
    return { part: { kind: 'chunk', bytes, raw: held.subarray(0, end) }, length: end };
  }

  #trailer(held: Uint8Array): Step {
    if (held.length < TRAILER_BYTES) return { need: TRAILER_BYTES };
    const view = viewOf(held);
    const checked = held.subarray(8, TRAILER_BYTES);
    if (crc32(checked) !== view.getUint32(4)) throw this.#malformed('the trailer is damaged');
    const chunks = view.getUint32(8);
    const bytes = view.getUint32(12) * 2 ** 32 + view.getUint32(16);
    if (chunks !== this.#chunks || bytes !== this.#bytes) {
      throw this.#malformed('chunks are missing, or are not of this backup');
    }
    this.#expected = 'nothing';
    const sha256 = hexOf(held.subarray(20, TRAILER_BYTES));
    return {
      part: { kind: 'trailer', trailer: { chunks, bytes, sha256 } },
      length: TRAILER_BYTES,
    };
  }

  #malformed(what: string): BackupMalformed {
    return new BackupMalformed(`${what} (at byte ${this.#position})`);
  }
}

function parseHeader(json: Uint8Array): BackupHeader | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    return backupHeaderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(length);
  let end = 0;
  for (const piece of pieces) {
    all.set(piece, end);
    end += piece.length;
  }
  return all;
}
