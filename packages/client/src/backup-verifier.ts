import { createHash } from 'node:crypto';
import { BackupDecoder, type BackupHeader, BackupMalformed } from '@rrmq/contract';
import { RrmqError } from './error.ts';

/** A whole backup, as it says of itself. */
export interface BackupSummary extends BackupHeader {
  readonly chunks: number;
  /** Of the state, without what frames it. */
  readonly bytes: number;
}

/** Checks a backup that comes piece by piece, without any node. Holds one chunk at most. */
export class BackupVerifier {
  readonly #decoder = new BackupDecoder();
  readonly #hash = createHash('sha256');
  #header: BackupHeader | undefined;
  #summary: BackupSummary | undefined;

  /** Known once it has come. */
  get header(): BackupHeader | undefined {
    return this.#header;
  }

  /** @throws {RrmqError} `backup-malformed`: says what is wrong, and where. */
  push(bytes: Uint8Array): void {
    this.#checked(() => {
      for (const part of this.#decoder.push(bytes)) {
        if (part.kind !== 'trailer') this.#hash.update(part.raw);
        if (part.kind === 'header') this.#header = part.header;
        if (part.kind === 'trailer') this.#conclude(part.trailer);
      }
    });
  }

  /** To be called at the end. @throws {RrmqError} `backup-malformed` when the backup is not whole. */
  end(): BackupSummary {
    this.#checked(() => this.#decoder.end());
    if (this.#summary === undefined) throw malformed('it has no trailer');
    return this.#summary;
  }

  #conclude({ chunks, bytes, sha256 }: { chunks: number; bytes: number; sha256: string }): void {
    if (this.#hash.digest('hex') !== sha256)
      throw malformed('its SHA-256 is not that of its trailer');
    if (this.#header !== undefined) this.#summary = { ...this.#header, chunks, bytes };
  }

  #checked(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw error instanceof BackupMalformed ? malformed(error.message) : error;
    }
  }
}

function malformed(text: string): RrmqError {
  const details = { code: 'backup-malformed', outcome: 'none', retryable: false } as const;
  return new RrmqError(`the backup is damaged or not whole: ${text}`, details);
}
