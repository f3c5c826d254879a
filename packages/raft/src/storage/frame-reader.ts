import { RECORD_HEADER_BYTES } from '../core/entry-batch.ts';
import type { DiskFile } from '../ports.ts';
import {
  FRAME_HEADER_BYTES,
  type Frame,
  SECTOR_BYTES,
  claimedBytes,
  claimedSalt,
  parseFrame,
} from './frame.ts';

const WINDOW_BYTES = 1_048_576;

/** Reads the frames of one segment, mostly from front to back, through a window that grows to the largest frame. */
export class FrameReader {
  readonly #file: DiskFile;
  readonly bytes: number;
  #window = Buffer.alloc(0);
  #start = 0;

  private constructor(file: DiskFile, bytes: number) {
    this.#file = file;
    this.bytes = bytes;
  }

  static async over(file: DiskFile): Promise<FrameReader> {
    return new FrameReader(file, await file.size());
  }

  /**
   * The frame at `offset`, when one is there whose checksum is right; payloads are not checked. It is a view that is
   * valid until the next call.
   */
  async frame(offset: number): Promise<Frame | undefined> {
    const header = await this.#view(offset, FRAME_HEADER_BYTES);
    const claimed = header === undefined ? 0 : claimedBytes(header, 0);
    if (claimed < FRAME_HEADER_BYTES + RECORD_HEADER_BYTES) return undefined;
    const whole = await this.#view(offset, claimed);
    return whole === undefined ? undefined : parseFrame(whole);
  }

  /**
   * The first place at or after `offset` with a frame of this salt for which `wanted` holds. Others are not looked into:
   * a segment that was used before is full of them.
   */
  async find(
    offset: number,
    salt: number,
    wanted: (frame: Frame) => boolean,
  ): Promise<number | undefined> {
    for (let at = offset; at < this.bytes; at += SECTOR_BYTES) {
      const sector = this.#held(at, SECTOR_BYTES) ?? (await this.#view(at, SECTOR_BYTES));
      if (sector === undefined || claimedBytes(sector, 0) === 0) continue;
      if (claimedSalt(sector) !== salt) continue;
      const frame = await this.frame(at);
      if (frame !== undefined && wanted(frame)) return at;
    }
    return undefined;
  }

  /** The end of the last sector from `offset` on that does not hold zeros only; `offset` when all do. */
  async endOfContent(offset: number): Promise<number> {
    let end = offset;
    for (let at = offset; at < this.bytes; at += SECTOR_BYTES) {
      const sector = this.#held(at, SECTOR_BYTES) ?? (await this.#view(at, SECTOR_BYTES));
      if (sector !== undefined && !sector.equals(ZERO_SECTOR)) end = at + SECTOR_BYTES;
    }
    return end;
  }

  #held(offset: number, bytes: number): Buffer | undefined {
    const from = offset - this.#start;
    if (from < 0 || from + bytes > this.#window.length) return undefined;
    return this.#window.subarray(from, from + bytes);
  }

  async #view(offset: number, bytes: number): Promise<Buffer | undefined> {
    if (offset + bytes > this.bytes) return undefined;
    const held = this.#held(offset, bytes);
    if (held !== undefined) return held;
    const window = Buffer.allocUnsafeSlow(
      Math.max(bytes, Math.min(WINDOW_BYTES, this.bytes - offset)),
    );
    const read = await this.#file.read(window, offset);
    this.#window = window.subarray(0, read);
    this.#start = offset;
    return this.#held(offset, bytes);
  }
}

const ZERO_SECTOR = Buffer.alloc(SECTOR_BYTES);
