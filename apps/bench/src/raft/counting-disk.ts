import { type Disk, NodeDisk } from '@rrmq/raft';

type DiskFile = Awaited<ReturnType<Disk['open']>>;
type OpenMode = Parameters<Disk['open']>[1];
type DirectoryLock = Awaited<ReturnType<Disk['lock']>>;

/** Durable writes of one stretch of time. */
export interface DiskWrites {
  readonly writes: number;
  readonly bytes: number;
  /** From the call of each to its end, summed up. */
  readonly tookMs: number;
}

/** The real disk; beside that it counts durable writes. */
export class CountingDisk implements Disk {
  readonly #disk = new NodeDisk();
  #writes = 0;
  #bytes = 0;
  #tookMs = 0;

  get writes(): DiskWrites {
    return { writes: this.#writes, bytes: this.#bytes, tookMs: this.#tookMs };
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await this.#disk.open(path, mode);
    return mode === 'append' ? this.#counting(file) : file;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#disk.makeDirectory(path);
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#disk.list(directory);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  unlink(path: string): Promise<void> {
    return this.#disk.unlink(path);
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#disk.syncDirectory(directory);
  }

  freeBytes(directory: string): Promise<number> {
    return this.#disk.freeBytes(directory);
  }

  lock(directory: string): Promise<DirectoryLock> {
    return this.#disk.lock(directory);
  }

  #counting(file: DiskFile): DiskFile {
    return {
      size: () => file.size(),
      read: (target, position) => file.read(target, position),
      write: async (bytes, position) => {
        const startedMs = performance.now();
        await file.write(bytes, position);
        this.#writes++;
        this.#bytes += bytes.length;
        this.#tookMs += performance.now() - startedMs;
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }
}

export function writesBetween(before: DiskWrites, after: DiskWrites): DiskWrites {
  return {
    writes: after.writes - before.writes,
    bytes: after.bytes - before.bytes,
    tookMs: after.tookMs - before.tookMs,
  };
}
