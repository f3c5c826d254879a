import type { Disk, Timers } from '../ports.ts';

/** Free space is asked for this often: at 100 MB/s a disk takes half of the least reserve in that time. */
const LOOK_MS = 500;

export interface RoomWatchOptions {
  readonly disk: Pick<Disk, 'freeBytes'>;
  readonly timers: Timers;
  readonly directory: string;
  /** With less than this free, nothing is taken that makes the state grow. */
  readonly reserveBytes: number;
  /** Called first with the first answer, then at each change. */
  readonly onChange: (room: boolean, freeBytes: number) => void;
}

/** Meets a full disk ahead of time: tells whether there is room for more, before a write could fail. */
export class RoomWatch {
  readonly #options: RoomWatchOptions;
  #room: boolean | undefined;
  #freeBytes: number | undefined;
  #callOff: (() => void) | undefined;
  #stopped = false;

  constructor(options: RoomWatchOptions) {
    this.#options = options;
  }

  /** Bytes free when it was last asked. */
  get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff?.();
  }

  async #look(): Promise<void> {
    const { disk, directory, timers } = this.#options;
    try {
      const freeBytes = await disk.freeBytes(directory);
      if (!this.#stopped) this.#found(freeBytes);
    } catch {
      // A file system that does not tell has room as far as anybody knows; a write that fails is met elsewhere.
    }
    if (!this.#stopped) this.#callOff = timers.after(LOOK_MS, () => void this.#look());
  }

  #found(freeBytes: number): void {
    const { reserveBytes, onChange } = this.#options;
    this.#freeBytes = freeBytes;
    // Room is there again only with something to spare, so that the answer does not flutter.
    const least = this.#room === false ? reserveBytes * 1.25 : reserveBytes;
    const room = freeBytes >= least;
    if (room === this.#room) return;
    this.#room = room;
    onChange(room, freeBytes);
  }
}
